import type { Bench } from '../bench.ts'
import { LEASE_SECONDS } from '../benchWorkflow.ts'
import { startPlan } from '../loads/driverLoad.ts'
import { RunRecording, send, type Statement } from '../loads/recordStatements.ts'
import { seedRuns } from '../seedRuns.ts'
import { transact } from '../../src/store/openStore.ts'

/**
 * Shows what PostgreSQL does for the load and the apply of one mutation, in a table of many runs: the plan that a prepared
 * statement has after its first executions, and what each node took.
 */
export async function showPlans({ cluster, options, tell }: Bench): Promise<[]> {
  tell(`filling a database with ${options.runs.toLocaleString('en')} runs`)
  const database = await cluster.createDatabase('bench_plans')
  await seedRuns(database, options.runs)
  const { store, workflow } = database
  const recording = new RunRecording(store, workflow)
  const claim = { type: 'claimRun', owner: 'bench', leaseSeconds: LEASE_SECONDS } as const
  await send(store.pool, await recording.start())
  await send(store.pool, await recording.command('claimRun', claim))
  await send(store.pool, await recording.command('startPhase', startPlan(false)))
  const statements = await recording.command('startPhase', startPlan(true))
  await transact(store, async (connection) => {
    // the plan that a statement keeps, made without looking at its values
    await connection.query('SET LOCAL plan_cache_mode = force_generic_plan')
    await connection.query('SET CONSTRAINTS ALL IMMEDIATE')
    for (const statement of statements) {
      console.log(`\n${statement.name}\n${await explain(connection, statement)}`)
    }
  })
  return []
}

interface Asked {
  query(text: string): Promise<{ rows: Record<string, string>[] }>
}

async function explain(connection: Asked, { text, values }: Statement): Promise<string> {
  await connection.query(`PREPARE explained AS ${text}`)
  const literals = values.map(toLiteral).join(', ')
  const execute = () => connection.query(`EXPLAIN (ANALYZE, BUFFERS) EXECUTE explained(${literals})`)
  // the first time reads the catalog
  await connection.query('SAVEPOINT before')
  await execute()
  await connection.query('ROLLBACK TO before')
  const { rows } = await execute()
  await connection.query('DEALLOCATE explained')
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

function toLiteral(value: unknown): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (typeof value === 'number') return String(value)
  throw new Error(`a value that is neither text nor number: ${typeof value}`)
}
