import { newId } from '../../src/commands/kit/ids.ts'
import { BUILTIN_WORKFLOWS } from '../../src/lifecycle/workflow/builtins.ts'
import { transact } from '../../src/store/sql/openStore.ts'
import { insertWorkflow } from '../../src/store/workflow/workflows.ts'
import type { BenchDatabase } from '../benchCluster.ts'
import { PROJECTS } from './shape.ts'
import { BURN_TRANSACTIONS, FIND_INDEXES, SEED } from './statements.ts'

const TABLES = [
  'run',
  'event',
  'phase',
  'phase_attempt',
  'execution',
  'session',
  'artifact',
  'approval',
  'message',
  'tombstone',
]

/** How many events share a transaction id. */
const EVENTS_PER_TRANSACTION = 10

/** What a database was filled with. */
export interface History {
  readonly runs: number
  readonly events: number
  /** The transaction id of the first events; later ids follow without gaps. */
  readonly firstTransaction: bigint
  readonly transactions: bigint
}

/**
 * Fills a database with runs as after years of use (see `shape.ts`), by a few statements. Foreign keys, triggers and indexes are disabled
 * meanwhile; the indexes are created again at the end.
 */
export async function seedHistory({ store }: BenchDatabase, runs: number): Promise<History> {
  for (const definition of BUILTIN_WORKFLOWS)
    await insertWorkflow(store, { id: newId('workflow'), project: null, definition })
  const transactions = BigInt(runs)
  const { rows: burnt } = await store.pool.query<{ first: string }>(
    'SELECT pg_current_xact_id()::text AS first',
  )
  const firstTransaction = BigInt(burnt[0]?.first ?? 0) + 1n
  // the events' transaction ids must be in the past
  await store.pool.query(BURN_TRANSACTIONS(transactions))
  await transact(store, async (connection) => {
    await connection.query('SET LOCAL session_replication_role = replica')
    await connection.query(`SET LOCAL maintenance_work_mem = '512MB'`)
    await connection.query(`SET LOCAL work_mem = '256MB'`)
    const { rows: indexes } = await connection.query<{ name: string; definition: string }>(FIND_INDEXES, [
      TABLES,
    ])
    for (const { name } of indexes) await connection.query(`DROP INDEX "${name}"`)
    for (const statement of SEED({
      runs,
      projects: PROJECTS,
      firstTransaction,
      eventsPerTransaction: EVENTS_PER_TRANSACTION,
    }))
      await connection.query(statement)
    for (const { definition } of indexes) await connection.query(definition)
  })
  await store.pool.query(`VACUUM (FREEZE, ANALYZE) ${TABLES.join(', ')}`)
  await store.pool.query('CHECKPOINT')
  const { rows } = await store.pool.query<{ events: string }>('SELECT count(*) AS events FROM event')
  return { runs, events: Number(rows[0]?.events), firstTransaction, transactions }
}
