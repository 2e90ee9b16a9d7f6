import { afterAll, beforeAll, expect, it } from 'vitest'
import { untilBlocked } from '../../support/race.ts'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const START = 'mutation { startRun(input: { workflow: "review" }) { __typename } }'

const readiness = async () => {
  const response = await fetch(`${server.url}/readyz`)
  return `${response.status} ${(await response.text()).trim()}`
}

/** Changes a setting of the database, for connections to come; those that are there are ended. */
async function set(setting: string): Promise<void> {
  const { rows } = await server.store.pool.query<{ name: string }>('SELECT current_database() AS name')
  await server.store.pool.query(`SET transaction_read_only = off; ALTER DATABASE ${rows[0]?.name} ${setting}`)
  await server.store.pool.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  )
}

it('reports a database that became read-only, in answers and in /readyz, and continues once it takes writes', async () => {
  const token = server.adminToken
  expect(await readiness()).toBe('200 ready')
  await set('SET default_transaction_read_only = on')
  await expect.poll(readiness).toBe('503 not ready: the database is read-only')
  expect(await ask(server, START, { token })).toMatchObject({
    status: 503,
    errors: [
      {
        message: 'The database takes no writes at the moment (it is read-only). Ask again in a while.',
        extensions: { code: 'CONTENDED' },
      },
    ],
  })
  await set('RESET default_transaction_read_only')
  await expect.poll(readiness, { timeout: 5_000 }).toBe('200 ready')
  expect((await ask(server, START, { token })).data).toMatchObject({
    startRun: { __typename: 'StartRunSuccess' },
  })
})

it('answers that a statement which was broken off may be asked again', async () => {
  const blocker = await server.store.pool.connect()
  await blocker.query('BEGIN; LOCK TABLE event IN EXCLUSIVE MODE')
  await expect.poll(readiness, { timeout: 5_000 }).toBe('200 ready')
  const answer = ask(server, START, { token: server.adminToken })
  await untilBlocked(server.store.pool, 1)
  await server.store.pool.query(
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  )
  await blocker.query('COMMIT')
  blocker.release()
  expect(await answer).toMatchObject({
    status: 503,
    errors: [
      { message: expect.stringContaining('broke the statement off'), extensions: { code: 'CONTENDED' } },
    ],
  })
})
