import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { createPawl, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callTool, ClaimedRuns, connectMcp } from '../../support/mcp.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

const MAX_BYTES = 100_000
let server: TestServer
beforeAll(async () => {
  server = await startTestServer({
    config: { maxBodyBytes: MAX_BYTES, maxStreamsPerToken: 3, allowedOrigins: ['https://ide.example'] },
  })
})
afterAll(() => server.stop())

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

const INITIALIZE = message('initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
})

function message(method: string, params: object = {}): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
}

/** Sends a request as it is; with a token where none of the headers says otherwise. */
function send(body: string, headers: OutgoingHttpHeaders = {}, method = 'POST'): Promise<Answer> {
  const given = {
    authorization: `Bearer ${server.adminToken}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
  }
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}/mcp`, { method, headers: known }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += String(chunk)))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

async function countStreams(): Promise<number> {
  const response = await fetch(`${server.url}/metrics`, {
    headers: { authorization: `Bearer ${server.adminToken}` },
  })
  return Number(/^pawl_subscriptions\{transport="http"\} (\d+)$/m.exec(await response.text())?.[1])
}

describe('the MCP endpoint', () => {
  it('answers nobody without a valid token, and no session of a browser', async () => {
    expect(await send(INITIALIZE)).toMatchObject({ status: 200 })
    const stranger = await send(INITIALIZE, { authorization: undefined })
    expect(stranger).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer realm="pawl"' } })
    expect(await send(INITIALIZE, { authorization: 'Bearer pawl_no' })).toMatchObject({ status: 401 })
    const { id, secret } = await server.createToken({ role: 'OPERATOR' })
    const authorization = `Bearer ${secret}`
    expect(await send(INITIALIZE, { authorization })).toMatchObject({ status: 200 })
    unwrap(await createPawl({ url: server.url, token: server.adminToken }).tokens.revoke(id))
    expect(await send(INITIALIZE, { authorization })).toMatchObject({ status: 401 })

    const signedIn = await fetch(server.signInUrl, { redirect: 'manual' })
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
    expect(cookie).toMatch(/=./)
    const bySession = await send(INITIALIZE, { authorization: undefined, cookie, 'x-pawl-csrf': '1' })
    expect(bySession).toMatchObject({ status: 401 })
  })

  it.each([
    ['of another origin', 'http://evil.example', undefined],
    ['whose own name was rebound to this machine', 'http://evil.example', 'evil.example'],
    ['in a sandbox', 'null', undefined],
    ['of another port', 'http://127.0.0.1:1', undefined],
  ])('turns a page away %s, though it has a token', async (_, origin, host) => {
    const refused = await send(INITIALIZE, { origin, ...(host !== undefined && { host }) })
    expect(refused).toMatchObject({ status: 403 })
    expect(refused.headers['access-control-allow-origin']).toBeUndefined()
  })

  it('answers pages of its own and of allowed origins', async () => {
    const { host, port } = new URL(server.url)
    expect(await send(INITIALIZE, { origin: server.url, host })).toMatchObject({ status: 200 })
    const named = `localhost:${port}`
    expect(await send(INITIALIZE, { origin: `http://${named}`, host: named })).toMatchObject({ status: 200 })
    expect(await send(INITIALIZE, { origin: 'https://ide.example' })).toMatchObject({ status: 200 })
  })

  it('has no sessions: nothing to open, and nothing to delete', async () => {
    for (const method of ['GET', 'DELETE'])
      expect(await send('', {}, method)).toMatchObject({ status: 405, headers: { allow: 'POST' } })
    const initialized = await send(INITIALIZE)
    expect(initialized.headers['mcp-session-id']).toBeUndefined()
    const listen = { method: 'subscriptions/listen', params: { notifications: { toolsListChanged: true } } }
    const client = await connectMcp(server, server.adminToken, 'auto')
    await expect(client.request(listen as never)).rejects.toThrow()
    await client.close()
  })

  it('reads one message of bounded size and depth', async () => {
    const long = message('tools/call', { name: 'pawl_run_list', arguments: { text: 'x'.repeat(MAX_BYTES) } })
    expect(await send(long)).toMatchObject({ status: 413 })
    expect(await send('', { 'content-length': String(100 * MAX_BYTES) })).toMatchObject({ status: 413 })
    const deep = message('tools/list', { x: JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`) as object })
    expect(await send(deep)).toMatchObject({ status: 413 })
    expect(await send(`[${INITIALIZE},${INITIALIZE}]`)).toMatchObject({ status: 400 })
    expect(await send('{')).toMatchObject({ status: 400 })
    expect(await send(INITIALIZE, { 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
    expect(await send(INITIALIZE, { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 })
    const { text } = await send(message('no/such'))
    expect(text).toContain('-32601')
  })

  it('answers a flood, and continues', async () => {
    const call = message('tools/call', { name: 'pawl_run_list', arguments: {} })
    const answers = await Promise.all(Array.from({ length: 60 }, () => send(call)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(await send(INITIALIZE)).toMatchObject({ status: 200 })
  })
})

describe('a call that waits', () => {
  const waitFor = (runId: string) => ({ runId, seconds: 50 })

  async function queued(): Promise<string> {
    const pawl = createPawl({ url: server.url, token: server.adminToken })
    return unwrap(await pawl.runs.start({ workflow: 'review' })).run.id
  }

  it('ends with its client', async () => {
    const client = await connectMcp(server, server.adminToken)
    const waiting = callTool(client, 'pawl_run_wait', waitFor(await queued())).catch(() => 'gone')
    await expect.poll(countStreams).toBe(1)
    await client.close()
    await waiting
    await expect.poll(countStreams).toBe(0)
  })

  it('ends with its token', async () => {
    const { id, secret } = await server.createToken({ role: 'OPERATOR' })
    const client = await connectMcp(server, secret)
    const waiting = callTool(client, 'pawl_run_wait', waitFor(await queued()))
    await expect.poll(countStreams).toBe(1)
    unwrap(await createPawl({ url: server.url, token: server.adminToken }).tokens.revoke(id))
    expect(await waiting).toMatchObject({ isError: true, refusal: { type: 'UNAUTHENTICATED' } })
    await client.close()
  })

  it('counts among the streams of its token', async () => {
    const { secret } = await server.createToken({ role: 'OPERATOR' })
    const client = await connectMcp(server, secret)
    const runId = await queued()
    const waits = [1, 2, 3].map(() => callTool(client, 'pawl_run_wait', waitFor(runId)).catch(() => null))
    await expect.poll(countStreams).toBe(3)
    expect(await callTool(client, 'pawl_run_wait', { runId, seconds: 1 })).toMatchObject({
      result: { isReached: false },
    })
    expect(await countStreams()).toBe(3)
    await client.close()
    await Promise.all(waits)
  })

  it('is answered at once where the server stops', async () => {
    const other = await startTestServer()
    try {
      const { run } = await new ClaimedRuns(other).start('review')
      const client = await connectMcp(other, other.adminToken)
      const waiting = callTool(client, 'pawl_run_wait', { runId: run.id, seconds: 50 })
      await expect
        .poll(async () => {
          const headers = { authorization: `Bearer ${other.adminToken}` }
          const text = await (await fetch(`${other.url}/metrics`, { headers })).text()
          return text.includes('pawl_subscriptions{transport="http"} 1')
        })
        .toBe(true)
      const closed = other.close('test')
      expect(await waiting).toMatchObject({ isError: true, refusal: { type: 'STOPPING' } })
      await closed
      expect(other.logged.join('')).not.toMatch(/drain_failed|mcp\.call_failed/)
      await client.close()
    } finally {
      await other.stop()
    }
  })
})
