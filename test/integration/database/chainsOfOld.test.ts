import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRun } from '../../../src/commands/run/startRun.ts'
import { checkRuns } from '../../../src/commands/run/verifyRun.ts'
import { migrate } from '../../../src/database/migrate/migrate.ts'
import { openStore } from '../../../src/store/sql/openStore.ts'
import { CALLERS, toCommands } from '../../support/callers.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { refused, runIn, toStart } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'
import { query } from './databaseHarness.ts'
import { createEmpty, exportAll, importAll, migrationsDir, toFile, toLines } from './transferHarness.ts'

/** The last migration of the versions that knew no chains. */
const BEFORE_CHAINS = '20261120120100_count_outcomes'

let source: TestCommands
beforeAll(async () => {
  source = await openTestCommands({ workflows: [SOLO] })
})
afterAll(() => source.close())

/** The export as a version without chains would have written it, with these runs continuing others. */
async function exportAsOfOld(continuesOf: ReadonlyMap<string, string>): Promise<Buffer> {
  const old = await createEmpty()
  await migrate(old.poolConfig, migrationsDir, undefined, BEFORE_CHAINS)
  const tables = await query(old.poolConfig, `SELECT relname FROM pg_class WHERE relkind = 'r'`)
  const known = new Set(tables.map(({ relname }) => String(relname)))
  const [header = '', ...lines] = toLines((await exportAll(source.poolConfig)).file)
  const read = JSON.parse(header) as { export: { migrations: { name: string }[] } }
  read.export.migrations = read.export.migrations.filter(({ name }) => name <= BEFORE_CHAINS)
  const rows = lines.flatMap((line) => {
    const { table, row } = JSON.parse(line) as { table?: string; row: Record<string, unknown> }
    if (table === undefined || !known.has(table)) return []
    const next = continuesOf.get(String(table === 'event' ? row['run_id'] : row['id']))
    if (table === 'run') {
      delete row['chain_id']
      if (next !== undefined) row['continues_id'] = next
    }
    const payload = row['payload'] as Record<string, unknown>
    // what events of a claim gained since
    if (table === 'event') for (const field of ['queuedFrom', 'awayMs']) delete payload[field]
    if (table === 'event' && row['type'] === 'run.created') {
      delete payload['chainId']
      if (next !== undefined) payload['continuesId'] = next
    }
    return [JSON.stringify({ table, row })]
  })
  return toFile([JSON.stringify(read), ...rows])
}

test('runs of a version without chains get them: a fork gets its own, and doctor names it', async () => {
  const first = await runIn(source, 'COMPLETED')
  const second = await runIn(source, 'COMPLETED', { continuesRunId: first.id })
  const fork = await runIn(source, 'QUEUED')
  const resumed = await runIn(source, 'RUNNING')
  const beside = await runIn(source, 'QUEUED')
  const orphan = await runIn(source, 'COMPLETED')
  const after = await runIn(source, 'QUEUED')
  const file = await exportAsOfOld(
    new Map([
      [fork.id, first.id],
      [beside.id, resumed.id],
      [orphan.id, 'run_deleted'],
      [after.id, orphan.id],
    ]),
  )
  const target = await createEmpty()
  await importAll(file, target)
  const chains = await query(target.poolConfig, 'SELECT id, chain_id FROM run')
  expect(Object.fromEntries(chains.map(({ id, chain_id }) => [id, chain_id]))).toEqual({
    [first.id]: first.id,
    [second.id]: first.id,
    [fork.id]: fork.id,
    [resumed.id]: resumed.id,
    [beside.id]: beside.id,
    [orphan.id]: 'run_deleted',
    [after.id]: 'run_deleted',
  })

  const store = openStore(target.poolConfig)
  try {
    const commands = toCommands(store)
    expect(await checkRuns(commands, CALLERS.admin, { first: 100, after: null })).toMatchObject({
      violations: [],
      forks: [
        { runId: fork.id, continuesId: first.id },
        { runId: beside.id, continuesId: resumed.id },
      ],
    })
    // of forks the run's own chain is the one to go on with
    const again = toStart({ continuesRunId: first.id })
    expect(refused(await startRun(commands, CALLERS.admin, again))).toMatchObject({
      type: 'AlreadyContinued',
      by: { run: { id: second.id } },
    })
  } finally {
    await store.close()
  }
})
