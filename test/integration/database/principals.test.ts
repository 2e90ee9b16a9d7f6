import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { fileURLToPath } from 'node:url'
import { migrate } from '../../../src/database/migrate/migrate.ts'
import { verifyRun } from '../../../src/commands/run/verifyRun.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { runIn } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'
import { query } from './databaseHarness.ts'

const migrations = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url))
const BEFORE = '20261120120100_count_outcomes'

describe('the migration to principals', () => {
  const { poolConfig } = inject('postgres')
  const database = { ...poolConfig, database: `principals_${randomUUID().replaceAll('-', '')}` }
  beforeAll(() => query(poolConfig, `CREATE DATABASE ${database.database}`))
  afterAll(() => query(poolConfig, `DROP DATABASE ${database.database} WITH (FORCE)`))

  it('gives every token a principal: names that were used twice are told apart', async () => {
    await migrate(database, migrations, undefined, BEFORE)
    // migrations end sessions of servers
    const client = new Client({ ...database, application_name: 'test' })
    await client.connect()
    try {
      const tokens = [
        ['tok_a', 'ci', 'WORKER', '2026-01-01', '2026-02-01'],
        ['tok_b', 'ci', 'WORKER', '2026-01-02', null],
        ['tok_c', 'ci', 'OPERATOR', '2026-01-03', null],
        ['tok_d', 'local', 'ADMIN', '2026-01-01', null],
        ['tok_e', 'local', 'ADMIN', '2026-01-02', '2026-02-01'],
        ['tok_f', 'local', 'WORKER', '2026-01-01', null],
        ['tok_g', 'system', 'ADMIN', '2026-01-01', null],
        ['tok_h', 'Agent#1', 'VIEWER', '2026-01-01', null],
        ['tok_i', 'alice', 'OPERATOR', '2026-01-01', '2026-02-01'],
      ]
      for (const [id, name, role, createdAt, revokedAt] of tokens)
        await client.query(
          `INSERT INTO token (id, name, role, projects, hash, created_at, revoked_at) VALUES ($1, $2, $3::role, '{}', $1, $4, $5)`,
          [id, name, role, createdAt, revokedAt],
        )
      await client.query(
        `INSERT INTO execution (id, command, started_by, started_at, start_key) VALUES ('exe_1', 'x', 'ci', now(), 'k'), ('exe_2', 'x', 'gone', now(), 'k')`,
      )
      await migrate(database, migrations)
      const { rows } = await client.query<{ id: string; name: string; principal: string }>(
        'SELECT t.id, p.name, p.id AS principal FROM token t JOIN principal p ON p.id = t.principal_id ORDER BY t.id',
      )
      expect(rows.map(({ id, name, principal }) => [id, name, principal])).toEqual([
        ['tok_a', 'ci (tok_a)', 'prn_a'],
        ['tok_b', 'ci', 'prn_b'],
        ['tok_c', 'ci (tok_c)', 'prn_c'],
        ['tok_d', 'local', 'local'],
        ['tok_e', 'local', 'local'],
        ['tok_f', 'local (tok_f)', 'prn_f'],
        ['tok_g', 'system (tok_g)', 'prn_g'],
        ['tok_h', 'Agent#1 (tok_h)', 'prn_h'],
        ['tok_i', 'alice', 'prn_i'],
      ])
      const executions = await client.query('SELECT id, started_by_id AS by FROM execution ORDER BY id')
      expect(executions.rows).toEqual([
        { id: 'exe_1', by: 'prn_b' },
        { id: 'exe_2', by: null },
      ])
    } finally {
      await client.end()
    }
  })
})

describe('a log', () => {
  let source: TestCommands
  beforeAll(async () => {
    source = await openTestCommands({ workflows: [SOLO] })
  })
  afterAll(() => source.close())

  it('names the principal beside the actor, and the run is still the fold of one that does not', async () => {
    const { commands, callers, store } = source
    const { id } = await runIn(source, 'RUNNING')
    const actors = await query(
      source.poolConfig,
      `SELECT DISTINCT actor, actor_id FROM event WHERE run_id = '${id}' ORDER BY actor`,
    )
    expect(actors).toEqual([
      { actor: 'adam', actor_id: 'prn_adam' },
      { actor: 'wanda', actor_id: 'prn_wanda' },
    ])
    // as it was before there were principals
    const forget = `
      SET session_replication_role = replica;
      UPDATE event SET actor_id = NULL WHERE run_id = '${id}';
      UPDATE run SET created_by_id = NULL, claimed_by = NULL, claimed_by_id = NULL, claimants = '{}' WHERE id = '${id}';
      SET session_replication_role = DEFAULT`
    await store.pool.query(forget)
    expect(await verifyRun(commands, callers.viewer, id)).toMatchObject({ consistent: true })
    await store.pool.query(
      `SET session_replication_role = replica; UPDATE run SET claimed_by_id = 'prn_x', claimed_by = 'x' WHERE id = '${id}'; SET session_replication_role = DEFAULT`,
    )
    expect(await verifyRun(commands, callers.viewer, id)).toMatchObject({ consistent: false })
  })
})
