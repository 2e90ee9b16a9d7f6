import type { Run, Instant } from '../../lifecycle/run/run.ts'
import type { WorkflowDefinition } from '../../lifecycle/workflow/workflow.ts'
import type { Family } from '../../lifecycle/run/family.ts'
import type { Store } from '../sql/openStore.ts'
import { type Connection, moment, prepare, query } from '../sql/statement.ts'
import { selectPresent } from '../rows/selectWork.ts'
import { LOADED_ROW, type LoadedRow, toRun } from '../rows/runRows.ts'

/** A run at one snapshot, with the database's clock at that snapshot. */
export interface LoadedRun {
  readonly run: Run
  readonly workflow: WorkflowDefinition
  /** The database's clock at the snapshot. */
  readonly now: Instant
  /** The run's ancestors and active children. */
  readonly family: Family
  /** The run at the end of the chain that continues this one; null if none continues it. */
  readonly continuedBy: string | null
}

/** The column that `LoadedRun.now` comes from. */
export const CLOCK = 'clock_timestamp() AS clock'

// a single id has a separate statement: for a short list PostgreSQL would plan every call again
const loadBy = (name: string, which: string) =>
  prepare({
    name,
    row: { ...LOADED_ROW, clock: moment },
    text: `SELECT ${selectPresent('NULL')}, ${CLOCK} FROM run r WHERE ${which}`,
  })

const LOAD_ONE = loadBy('load-run', 'r.id = $1')

const LOAD_MANY = loadBy('load-runs', 'r.id = ANY($1::text[])')

/** Loads runs to display, in the order of the ids; unknown ids are left out. */
export async function loadRuns(
  connection: Connection,
  store: Store,
  ids: readonly string[],
): Promise<LoadedRun[]> {
  const [only, ...others] = ids
  if (only === undefined) return []
  const [statement, value] = others.length === 0 ? [LOAD_ONE, only] : [LOAD_MANY, ids]
  const rows = await query(connection, statement, [value])
  const found = await Promise.all(rows.map((row) => toLoaded(store, row)))
  const loaded = new Map(found.map((each) => [each.run.id, each]))
  return ids.flatMap((id) => loaded.get(id) ?? [])
}

/** Converts a row to a run, at the clock of its statement. */
export async function toLoaded(store: Store, row: LoadedRow & { readonly clock: Date }): Promise<LoadedRun> {
  const workflow = await store.workflows.get(row.workflow_id)
  return {
    run: toRun(row, workflow),
    workflow: workflow.definition,
    now: row.clock.getTime(),
    family: row.family,
    continuedBy: row.continued_by,
  }
}
