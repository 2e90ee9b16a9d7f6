import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type DatabaseProxy, openDatabaseProxy } from '../../support/databaseProxy.ts'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'
import { askSocket, openRawSocket, openSocket } from '../../support/socket.ts'

let database: TestDatabase
let proxy: DatabaseProxy
let server: TestServer
beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await openDatabaseProxy(database.poolConfig)
  server = await startTestServer({ database: { ...database, poolConfig: proxy.poolConfig } })
})
afterAll(async () => {
  await server.stop()
  await proxy.close()
  await database.drop()
})

const START =
  'mutation { startRun(input: { workflow: "review" }) { __typename ... on StartRunSuccess { run { id } } } }'
const SEVERAL = '{ runs { totalCount edges { node { id events { nodes { seq } } } } } runCounts { count } }'

it('survives a database that is gone for a while, says so in the meantime, and recovers by itself', async () => {
  const token = server.adminToken
  const { data } = await ask(server, START, { token })
  const { id } = (data as unknown as { startRun: { run: { id: string } } }).startRun.run
  const statusOf = async (path: string) => (await fetch(server.url + path)).status

  proxy.cut()
  await expect.poll(() => statusOf('/readyz')).toBe(503)
  expect(await statusOf('/healthz')).toBe(200)
  for (const query of [START, SEVERAL, `mutation { cancelRun(input: { runId: "${id}" }) { __typename } }`]) {
    const answer = await ask(server, query, { token })
    expect(answer.status).toBe(503)
    expect(answer.errors?.[0]?.extensions?.['code']).toBe('CONTENDED')
    expect(JSON.stringify(answer.errors)).not.toContain('SGSQL')
  }
  // whom a token belongs to is kept for a second
  const connect = async () => {
    const socket = await openRawSocket(server)
    socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
    const acknowledged = socket.next().then(
      () => 'acknowledged',
      () => socket.closed,
    )
    const came = await Promise.race([acknowledged, socket.closed])
    socket.close()
    return came
  }
  await expect.poll(connect, { timeout: 5_000 }).toMatchObject({ code: 1013 })
  await expect.poll(() => server.logged.join('')).toContain('server.tick_failed')

  proxy.restore()
  await expect.poll(() => statusOf('/readyz'), { timeout: 10_000 }).toBe(200)
  expect((await ask(server, START, { token })).data).toMatchObject({
    startRun: { __typename: 'StartRunSuccess' },
  })
  expect((await ask(server, SEVERAL, { token })).data).toMatchObject({ runs: { totalCount: 2 } })
  await expect.poll(() => server.logged.join('')).toContain('server.tick_completed')
  expect(server.logged.filter((line) => line.includes('server.tick_failed'))).toHaveLength(1)
})

it('is not ended by connections that break in the middle of their work', async () => {
  const token = server.adminToken
  const { data } = await ask(server, START, { token })
  const { id } = (data as unknown as { startRun: { run: { id: string } } }).startRun.run
  let isOver = false
  const outcomes = new Set<number>()
  const load = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      const label =
        Math.random() < 0.5
          ? SEVERAL
          : `mutation { pauseRun(input: { runId: "${id}" }) { __typename } resumeRun(input: { runId: "${id}" }) { __typename } }`
      outcomes.add((await ask(server, label, { token })).status)
    }
  })
  for (let times = 0; times < 15; times++) {
    proxy.cut()
    proxy.restore()
    // some work gets through between two breaks
    await ask(server, '{ viewer { name } }', { token })
  }
  isOver = true
  await Promise.all(load)
  for (const status of outcomes) expect([200, 503]).toContain(status)
  expect(outcomes).toContain(503)
  const { data: report } = await ask(server, '{ doctor { violations { detail } } }', { token })
  expect(report).toEqual({ doctor: { violations: [] } })
})

it('keeps informing subscribers once the database is back', async () => {
  const token = server.adminToken
  const { data } = await ask(server, START, { token })
  const { id } = (data as unknown as { startRun: { run: { id: string } } }).startRun.run
  const socket = await openSocket(server, token)
  await askSocket(socket, `subscription { runChanged(runId: "${id}") { status } }`)
  proxy.cut()
  proxy.restore()
  await expect
    .poll(
      async () =>
        (await ask(server, `mutation { cancelRun(input: { runId: "${id}" }) { __typename } }`, { token }))
          .status,
    )
    .toBe(200)
  // either the stream lived through it, or it was ended with an error that says to ask again
  const message = await socket.next()
  if (message.type === 'next')
    expect(message).toMatchObject({ payload: { data: { runChanged: { status: 'CANCELLED' } } } })
  else expect(message).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'CONTENDED' } }] })
  socket.close()
})
