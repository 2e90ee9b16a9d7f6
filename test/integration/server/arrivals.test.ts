import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { askSocket, openRawSocket } from '../../support/socket.ts'

/** How many may be silent, and at which rate the others are looked up, as the server has it. */
const STRANGERS = 1_000
const BURST = 200

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

describe('of sockets that come all at once', () => {
  it('those that have said who they are all get their turn', async () => {
    const sockets = await Promise.all(Array.from({ length: 3 * BURST }, () => openRawSocket(server)))
    for (const socket of sockets)
      socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${server.adminToken}` } })
    for (const socket of sockets) expect(await socket.next()).toEqual({ type: 'connection_ack' })
    const last = sockets.at(-1)
    if (!last) throw new Error('there is no socket')
    expect(await askSocket(last, '{ viewer { name } }')).toMatchObject({ type: 'next' })
    for (const socket of sockets) socket.close()
    await Promise.all(sockets.map(({ closed }) => closed))
  })

  it('the oldest that says nothing makes room, and is told to come again', async () => {
    const introduced = await openRawSocket(server)
    introduced.send({ type: 'connection_init', payload: { authorization: `Bearer ${server.adminToken}` } })
    const silent = [await openRawSocket(server)]
    while (silent.length < STRANGERS)
      silent.push(...(await Promise.all(Array.from({ length: 111 }, () => openRawSocket(server)))))
    expect(silent).toHaveLength(STRANGERS)
    const oneMore = await openRawSocket(server)
    expect(await silent[0]?.closed).toEqual({ code: 1013, reason: 'Too many sockets' })
    oneMore.send({ type: 'connection_init', payload: { authorization: `Bearer ${server.adminToken}` } })
    expect(await oneMore.next()).toEqual({ type: 'connection_ack' })
    expect(await introduced.next()).toEqual({ type: 'connection_ack' })
    const all = [introduced, oneMore, ...silent]
    for (const socket of all) socket.close()
    await Promise.all(all.map(({ closed }) => closed))
  })
})
