import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'
import { askSocket, openRawSocket, openSocket, type RawSocket } from '../../support/socket.ts'

const MAX_BYTES = 100_000
let server: TestServer
let socket: RawSocket
beforeAll(async () => {
  server = await startTestServer({
    config: { maxBodyBytes: MAX_BYTES, maxStreams: 4, maxSubscriptionsPerSocket: 3 },
  })
  socket = await openSocket(server, server.adminToken)
})
afterAll(() => server.stop())

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ')

/** Posts bytes as they are; in chunks without a length where asked. */
function post(
  body: Buffer | string,
  headers: Record<string, string> = {},
  chunks = 0,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${server.url}/graphql`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${server.adminToken}`,
          'content-type': 'application/json',
          ...(chunks === 0 && { 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += String(chunk)))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    sent.on('error', reject)
    if (chunks === 0) return sent.end(body)
    const size = Math.ceil(body.length / chunks)
    for (let at = 0; at < body.length; at += size) sent.write(body.slice(at, at + size))
    sent.end()
  })
}

describe('bodies', () => {
  const large = JSON.stringify({ query: '{ viewer { name } }', variables: { x: 'x'.repeat(MAX_BYTES) } })
  const small = JSON.stringify({ query: '{ viewer { name } }' })

  it('of too many bytes are refused, with a length and in chunks', async () => {
    expect((await post(large)).status).toBe(413)
    expect((await post(large, {}, 10)).status).toBe(413)
    // what is not even read
    expect((await post('', { 'content-length': String(100 * MAX_BYTES) })).status).toBe(413)
  })

  it('that never end are cut off', async () => {
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(MAX_BYTES)),
    })
    const headers = { authorization: `Bearer ${server.adminToken}`, 'content-type': 'application/json' }
    const sent = { method: 'POST', headers, body: endless, duplex: 'half' } as RequestInit
    const outcome = await fetch(`${server.url}/graphql`, sent).then(
      ({ status }) => status,
      () => 'cut off',
    )
    expect([413, 'cut off']).toContain(outcome)
  })

  it('in chunks are taken like others', async () => {
    expect(await post(small, {}, 5)).toMatchObject({
      status: 200,
      text: '{"data":{"viewer":{"name":"local"}}}',
    })
  })

  it('are read as UTF-8 and as nothing else', async () => {
    expect((await post(small, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200)
    expect((await post(small, { 'content-type': 'application/json; charset="UTF-8"' })).status).toBe(200)
    const utf16 = Buffer.from(small, 'utf16le')
    expect((await post(utf16, { 'content-type': 'application/json; charset=utf-16le' })).status).toBe(415)
    expect((await post(small, { 'content-type': 'application/json; charset=utf-7' })).status).toBe(415)
    expect((await post(Buffer.from([0x7b, 0xff, 0x7d]))).status).toBe(400)
  })

  it('that are compressed, or no JSON object, are refused', async () => {
    expect((await post(small, { 'content-encoding': 'gzip' })).status).toBe(415)
    expect((await post(small, { 'content-type': 'application/graphql' })).status).toBe(415)
    expect((await post(small, { 'content-type': 'text/json' })).status).toBe(415)
    for (const body of [
      '',
      '{',
      'null',
      '7',
      '"{viewer{name}}"',
      '[]',
      '{}',
      '{"query":7}',
      '{"query":"{viewer{name}}","variables":[]}',
    ]) {
      const { status, text } = await post(body, { accept: 'application/graphql-response+json' })
      expect([body, status]).toEqual([body, 400])
      expect(JSON.parse(text)).toHaveProperty('errors')
    }
  })

  it('carry ten operations at most, of which none is carried out where there are more', async () => {
    const { status, text } = await post(`[${Array(11).fill(small).join()}]`)
    expect(status).toBe(413)
    expect(text).not.toContain('local')
  })
})

describe('documents', () => {
  const floods: Record<string, string> = {
    aliases: `mutation { ${aliases(30, 'sweep(input: { isDryRun: true }) { __typename }')} }`,
    'aliased reads': `{ ${aliases(15, 'runs(first: 500) { edges { node { events(first: 500) { nodes { seq } } } } }')} }`,
    tokens: `{ ${'__typename '.repeat(4000)} }`,
    depth: `{ runs { edges { node { ${'parent { '.repeat(40)} id ${'} '.repeat(40)} } } } }`,
    introspection: `{ __schema { types { fields { args { ${aliases(500, 'name')} } } } } }`,
    'nested lists': `{ runs(first: 500) { edges { node { children(first: 500) { edges { node { id } } } } } } }`,
    directives: `{ viewer { name ${'@a '.repeat(2500)} } }`,
  }

  for (const [name, query] of Object.entries(floods)) {
    it(`that flood the server with ${name} are refused, over HTTP and over a socket`, async () => {
      const overHttp = await ask(server, query, { token: server.adminToken })
      expect(overHttp.errors).toBeDefined()
      expect(overHttp.data ?? null).toBeNull()
      const overSocket = await askSocket(socket, query)
      const errors =
        overSocket.type === 'error' ? overSocket.payload : (overSocket.payload as { errors: unknown }).errors
      expect((errors as { message: string }[])[0]?.message).toBe(overHttp.errors?.[0]?.message)
      if (overSocket.type === 'next') expect((await socket.next()).type).toBe('complete')
    })
  }

  it('that are wrong are an error of their operation and leave the socket alone', async () => {
    for (const query of [
      '{',
      '{ nothing }',
      'query A { viewer { name } } query B { viewer { name } }',
      'fragment F on Query { viewer { name } }',
    ]) {
      expect(await askSocket(socket, query)).toMatchObject({ type: 'error' })
    }
    expect(await askSocket(socket, '{ viewer { name } }')).toMatchObject({ type: 'next' })
    expect(await socket.next()).toMatchObject({ type: 'complete' })
  })
})

describe('sockets', () => {
  it('carry so many operations at a time', async () => {
    const busy = await openSocket(server, server.adminToken)
    const query = 'subscription { runsChanged { cursor } }'
    for (const id of ['1', '2', '3', '4']) busy.send({ id, type: 'subscribe', payload: { query } })
    expect(await busy.next()).toMatchObject({
      id: '4',
      type: 'error',
      payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }],
    })
    busy.send({ id: '1', type: 'complete' })
    busy.send({ id: '5', type: 'subscribe', payload: { query: '{ viewer { name } }' } })
    expect(await busy.next()).toMatchObject({ id: '5', type: 'next' })
    busy.close()
    await busy.closed
  })

  it('are closed for a message that is too large', async () => {
    const chatty = await openSocket(server, server.adminToken)
    chatty.send({
      id: '1',
      type: 'subscribe',
      payload: { query: '{ viewer { name } }', variables: { x: 'x'.repeat(MAX_BYTES) } },
    })
    expect((await chatty.closed).code).toBe(1009)
  })

  it('are closed for a message in too many fragments, long before it is complete', async () => {
    const crumbling = await openSocket(server, server.adminToken)
    crumbling.sendFragments('x', 1_100)
    expect((await crumbling.closed).code).toBe(1008)
    const whole = await openSocket(server, server.adminToken)
    whole.sendFragments(' ', 1_000)
    whole.send({ id: '1', type: 'subscribe', payload: { query: '{ viewer { name } }' } })
    expect(await whole.next()).toMatchObject({ type: 'next' })
    whole.close()
    await whole.closed
  })

  it('are closed for messages that are none', async () => {
    for (const message of [
      '{',
      '{"type":"subscribe"}',
      '{"type":"connection_init"}{',
      'null',
      '{"id":"1","type":"next"}',
    ]) {
      const rude = await openRawSocket(server)
      rude.send(message)
      expect([4400, 4401, 4500]).toContain((await rude.closed).code)
    }
  })

  it('are so many at most, introduced or not', async () => {
    const open = await Promise.all([1, 2, 3].map(() => openRawSocket(server)))
    const another = await openRawSocket(server)
    expect(await another.closed).toMatchObject({ code: 1013 })
    for (const each of open) each.close()
    await Promise.all(open.map(({ closed }) => closed))
  })
})

describe('event streams', () => {
  it('are so many at most', async () => {
    const open = async () => {
      const controller = new AbortController()
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        signal: controller.signal,
        headers: {
          authorization: `Bearer ${server.adminToken}`,
          'content-type': 'application/json',
          accept: 'text/event-stream',
        },
        body: JSON.stringify({ query: 'subscription { runsChanged { cursor } }' }),
      })
      return { controller, response }
    }
    const streams = await Promise.all([1, 2, 3, 4].map(open))
    for (const { response } of streams) expect(response.status).toBe(200)
    const refused = await open()
    expect(refused.response.status).toBe(503)
    expect(await refused.response.text()).toContain('CONTENDED')
    for (const { controller } of streams) controller.abort()
    // a reader that left makes room
    await expect
      .poll(async () => {
        const { controller, response } = await open()
        controller.abort()
        return response.status
      })
      .toBe(200)
  })
})
