import { getIntrospectionQuery } from 'graphql'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { askSocket, openRawSocket, openSocket } from '../../support/socket.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ config: { maxStreamsPerToken: 2, logLevel: 'debug' } })
})
afterAll(() => server.stop())

/** A socket as the library has it, open. */
async function connect(): Promise<WebSocket> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  socket.on('error', () => undefined)
  await once(socket, 'open')
  return socket
}

async function introduce(socket: WebSocket, token = server.adminToken): Promise<void> {
  const acknowledged = once(socket, 'message')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
  await acknowledged
}

describe('before its introduction a socket', () => {
  it('may send no more than an introduction takes, in whatever pieces', async () => {
    const loud = await connect()
    loud.send('x'.repeat(10_000))
    await once(loud, 'close')
    const slow = await connect()
    const closed = once(slow, 'close')
    for (let sent = 0; sent < 10; sent += 1) slow.send('x'.repeat(1_000), { fin: false })
    await closed
  })

  it('is not answered when it pings', async () => {
    const socket = await connect()
    let pongs = 0
    socket.on('pong', () => (pongs += 1))
    socket.ping()
    await once(socket, 'close')
    expect(pongs).toBeLessThanOrEqual(1)
  })

  it('is counted with those that went too far', async () => {
    const response = await fetch(`${server.url}/metrics`, {
      headers: { authorization: `Bearer ${server.adminToken}` },
    })
    expect(await response.text()).toMatch(/reason="stranger"\} [3-9]/)
  })
})

describe('after it, a socket', () => {
  it('may ping, and send what an operation takes', async () => {
    const socket = await connect()
    await introduce(socket)
    const pong = once(socket, 'pong')
    socket.ping()
    await pong
    const answered = once(socket, 'message')
    const payload = { query: '{ viewer { name } }', variables: { x: 'x'.repeat(100_000) } }
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }))
    const [data] = (await answered) as [Buffer]
    expect(String(data)).toContain('"viewer"')
    socket.close()
    await once(socket, 'close')
  })

  it('is cut where its client does not read what it asks for', async () => {
    const socket = await connect()
    await introduce(socket)
    const { _socket: connection } = socket as unknown as { _socket: Socket }
    // it may be cut while it still writes
    const closed = new Promise((resolve) => socket.once('close', resolve))
    connection.pause()
    const payload = { query: getIntrospectionQuery() }
    for (let id = 0; id < 90; id += 1)
      socket.send(JSON.stringify({ id: String(id), type: 'subscribe', payload }))
    await expect.poll(countSockets, { timeout: 30_000 }).toBe(0)
    connection.resume()
    await closed
  })

  it('that goes away is nobody’s fault', async () => {
    const before = server.logged.length
    for (let each = 0; each < 10; each += 1) {
      const socket = await connect()
      await introduce(socket)
      const payload = { query: '{ __schema { types { name description } } }' }
      for (let id = 0; id < 10; id += 1)
        socket.send(JSON.stringify({ id: String(id), type: 'subscribe', payload }))
      await once(socket, 'message')
      socket.terminate()
    }
    await expect.poll(countSockets).toBe(0)
    const said = server.logged.slice(before).filter((line) => /"level":"(warn|error|fatal)"/.test(line))
    expect(said).toEqual([])
  })
})

async function countSockets(): Promise<number> {
  const response = await fetch(`${server.url}/metrics`, {
    headers: { authorization: `Bearer ${server.adminToken}` },
  })
  return Number(/^pawl_sockets(?:_open)? (\d+)/m.exec(await response.text())?.[1])
}

describe('one token', () => {
  it('has so many streams at most, and takes none from others', async () => {
    const { secret } = await server.createToken({ role: 'VIEWER' })
    const open = [await openSocket(server, secret), await openSocket(server, secret)]
    const third = await openRawSocket(server)
    third.send({ type: 'connection_init', payload: { authorization: `Bearer ${secret}` } })
    expect(await third.closed).toMatchObject({ code: 1013 })
    const other = await openSocket(server, server.adminToken)
    expect(await askSocket(other, '{ viewer { name } }')).toMatchObject({ type: 'next' })
    for (const each of [...open, other]) each.close()
    await Promise.all([...open, other].map(({ closed }) => closed))
    // what was closed makes room
    const again = await openSocket(server, secret)
    again.close()
    await again.closed
  })
})
