import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Load } from '../../ha/load.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { ask, startTestServer, toUrl } from '../../support/server.ts'
import { askSocket, openSocket } from '../../support/socket.ts'
import { hasPgbouncer, pgbouncerKeepsNames, type Pgbouncer, startPgbouncer } from '../database/pgbouncer.ts'

/** Fewer sessions than the servers have connections, so that every session serves all of them. */
const SESSIONS = 4

// Debian's package pgbouncer brings the program
describe.skipIf(!hasPgbouncer)('servers behind a PgBouncer in transaction mode', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase()
  })
  afterAll(() => database.drop())

  async function openServers(): Promise<{
    pooler: Pgbouncer
    start: () => ReturnType<typeof startTestServer>
  }> {
    const { poolConfig } = database
    const pooler = await startPgbouncer(poolConfig, 'transaction', [`default_pool_size = ${SESSIONS}`])
    const config = { databaseUrl: pooler.databaseUrl, databaseListenUrl: toUrl(poolConfig) }
    return { pooler, start: () => startTestServer({ database, config }) }
  }

  test('keep every promise under load, through restarts of servers and pooler and the loss of all sessions', async () => {
    const { pooler, start } = await openServers()
    const [one, two] = await Promise.all([start(), start()])
    const load = await Load.start([one.url, two.url], one.adminToken)
    await load.untilMore(100)
    const { rowCount } = await one.store.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
    expect(rowCount).toBeGreaterThan(SESSIONS)
    await load.untilMore(100)
    await pooler.restart()
    await load.untilMore(100)
    await load.stop()
    const pool = new Pool(database.poolConfig)
    expect(await load.judge(pool)).toEqual([])
    await pool.end()
    await two.stop()
    const again = await start()
    expect(
      (await ask(again, '{ doctor { violations { detail } } }', { token: one.adminToken })).data,
    ).toEqual({
      doctor: { violations: [] },
    })
    await Promise.all([one.stop(), again.stop()])
  })

  test('leave nothing in the sessions, which serve others too', async () => {
    const { pooler, start } = await openServers()
    const server = await start()
    const load = await Load.start([server.url], server.adminToken)
    await load.untilMore(100)
    await load.stop()
    const read = `SELECT pg_backend_pid() AS pid, pg_my_temp_schema()::int AS temporary,
      (SELECT count(*)::int FROM pg_prepared_statements WHERE name NOT LIKE 'pawl_probe%') AS prepared,
      (SELECT count(*)::int FROM pg_listening_channels()) AS listening,
      (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS locks,
      (SELECT array_agg(name::text ORDER BY name) FROM pg_settings WHERE source = 'session'
        AND name NOT IN ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings',
          'default_transaction_read_only', 'in_hot_standby')) AS settings`
    const clients = Array.from({ length: SESSIONS }, () => new Client(pooler.databaseUrl))
    onTestFinished(async () => void (await Promise.all(clients.map((client) => client.end()))))
    const sessions: Record<string, unknown>[] = []
    for (const client of clients) {
      await client.connect()
      // holds its session, so that the next one gets another
      await client.query('BEGIN')
      sessions.push((await client.query<Record<string, unknown>>(read)).rows[0] ?? {})
    }
    expect(new Set(sessions.map(({ pid }) => pid)).size).toBe(SESSIONS)
    for (const session of sessions)
      expect(session).toMatchObject({
        temporary: 0,
        listening: 0,
        locks: 0,
        settings: null,
        // a pooler that keeps names gives them its own
        prepared: pgbouncerKeepsNames ? expect.any(Number) : 0,
      })
    for (const client of clients) await client.query('ROLLBACK')
    await server.stop()
  })

  test('tell each other’s subscribers at once', async () => {
    const { start } = await openServers()
    const [one, two] = await Promise.all([start(), start()])
    const token = one.adminToken
    const started = await ask(
      one,
      'mutation { startRun(input: { workflow: "review" }) { ... on StartRunSuccess { run { id } } } }',
      { token },
    )
    const { id } = (started.data as unknown as { startRun: { run: { id: string } } }).startRun.run
    const socket = await openSocket(two, token)
    await askSocket(socket, `subscription { runChanged(runId: "${id}") { status } }`)
    const since = performance.now()
    await ask(one, `mutation { cancelRun(input: { runId: "${id}" }) { __typename } }`, { token })
    expect(await socket.next()).toMatchObject({ payload: { data: { runChanged: { status: 'CANCELLED' } } } })
    // a lost signal would be made up for only after five seconds
    expect(performance.now() - since).toBeLessThan(3000)
    socket.close()
    await Promise.all([one.stop(), two.stop()])
  })
})
