import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeDueContent } from '../../../src/commands/run/removeContent.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { passTime } from '../../support/passTime.ts'
import { runIn } from '../../support/runs.ts'
import { startTestServer } from '../../support/server.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'

/** More than the server removes from at once. */
const DUE = 23
const DAY = 86_400

let here: TestCommands
beforeAll(async () => {
  here = await openTestCommands({
    workflows: TEST_WORKFLOWS,
    settings: { retentionSecondsByProject: { broken: DAY } },
  })
})
afterAll(() => here.close())

async function settle(project: string, days: number): Promise<string> {
  const { id } = await runIn(here, 'FAILED', { project, input: { task: 'it' } })
  await passTime(here.store, id, days * DAY)
  return id
}

/** Damages the log so that it can't be folded, past every trigger. */
async function damage(runId: string): Promise<void> {
  const client = await here.store.pool.connect()
  await client.query('SET session_replication_role = replica')
  await client.query(`UPDATE event SET payload = '{}' WHERE run_id = $1 AND seq = 2`, [runId])
  await client.query('RESET session_replication_role')
  client.release()
}

async function listRemoved(project: string): Promise<string[]> {
  const { rows } = await here.store.pool.query<{ id: string }>(
    `SELECT id FROM run WHERE project = $1 AND content_removed_at IS NOT NULL AND content_removed_by = 'system' AND input IS NULL ORDER BY id`,
    [project],
  )
  return rows.map(({ id }) => id)
}

test('a server removes what is due by itself, in portions, by project and age, past what can’t be removed', async () => {
  const due: string[] = []
  for (let number = 0; number < DUE; number++) due.push(await settle('web', 3))
  const damaged = due[3] ?? ''
  await damage(damaged)
  const young = await settle('web', 1)
  const kept = await settle('forever', 100)
  const { poolConfig } = here
  const server = await startTestServer({
    config: { retentionSecondsByProject: { web: 2 * DAY } },
    database: { poolConfig, name: String(poolConfig.database), drop: async () => undefined },
  })
  const rest = due.filter((id) => id !== damaged).toSorted()
  await expect.poll(() => listRemoved('web')).toEqual(rest)
  const told = server.logged.filter((line) => line.includes('retention.remove_failed'))
  await server.stop()
  expect(told).toHaveLength(1)
  expect(told[0]).toContain(damaged)
  expect([...(await listRemoved('web')), ...(await listRemoved('forever'))]).not.toContain(young)
  expect(await listRemoved('forever')).not.toContain(kept)
})

test('a run whose log can’t be folded is told once, and left alone from then on', async () => {
  const runId = await settle('broken', 2)
  await damage(runId)
  const portion = { after: null, limit: 10 }
  const skipped = new Set<string>()
  const first = await removeDueContent(here.commands, portion, skipped)
  expect(first).toMatchObject({ failed: [runId], projects: [] })
  skipped.add(runId)
  const second = await removeDueContent(here.commands, portion, skipped)
  expect(second).toMatchObject({ failed: [], projects: [], hasNextPage: false })
})

test('a database that goes away is no fault of the run', async () => {
  await settle('broken', 2)
  const { pool } = here.store
  const { commands } = here
  // the statement that removes is broken off, as by a primary that fails
  const away = Object.assign(Object.create(pool) as typeof pool, {
    query: (statement: { name?: string }, ...rest: []) =>
      statement.name === 'remove-content'
        ? Promise.reject(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
        : pool.query(statement as never, ...rest),
  })
  const failing = { ...commands, store: { ...commands.store, pool: away } }
  await expect(removeDueContent(failing, { after: null, limit: 10 }, new Set())).rejects.toThrow('ECONNRESET')
})
