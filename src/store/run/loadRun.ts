import { parseEvent } from '../../lifecycle/run/events.ts'
import type { Family } from '../../lifecycle/run/family.ts'
import type { Instant, Json, Run } from '../../lifecycle/run/run.ts'
import type { KeptKey } from '../../lifecycle/log/draft.ts'
import type { WorkflowDefinition } from '../../lifecycle/workflow/workflow.ts'
import { type Connection, type Prepared, query, type Store } from '../sql/openStore.ts'
import { readReleaseKey } from '../rows/releaseKey.ts'
import { type LoadedRow, toRun } from '../rows/runRows.ts'
import { selectPresent } from '../rows/selectWork.ts'

/** A run at one snapshot, with the clock and the servers' heartbeat of that snapshot. */
export interface LoadedRun {
  readonly run: Run
  readonly workflow: WorkflowDefinition
  /** The database's clock at the snapshot. */
  readonly now: Instant
  /** The runs above and below it. */
  readonly family: Family
  /** The run at the end of the chain that goes on from this one; null where none continues it. */
  readonly continuedBy: string | null
}

/** A run loaded for a decision. */
export interface LoadedForDecision extends LoadedRun {
  readonly kept: KeptKey | null
  /** When a server last told that it lives. */
  readonly tickAt: Instant
}

/** Which run to load for a decision, and what else the decision looks at. */
export interface Lookup {
  readonly runId: string
  /** An execution, session, approval or message to load even where it has ended. */
  readonly namedId: string | null
  readonly operation: string
  readonly key: string | null
  /** The scope of the key; null: the run's project. */
  readonly scope: string | null
}

const CLOCK = 'clock_timestamp() AS clock'

/*
 * PostgreSQL keeps one plan for any values only where plans for the given values don't look much cheaper. A parameter that
 * is null, or a list that is short, makes them look so, and then every call is planned anew, which takes twice as long as
 * the work itself. Hence statements of their own for what is null and what is one.
 */

const loadForDecisionBy = (name: string, named: string): Prepared => ({
  name,
  text: `
SELECT ${selectPresent(named)}, ${CLOCK}, (SELECT i.tick_at FROM installation i),
  named.finish_key, named.finish_request,
  kept.run_id AS kept_run_id, kept.request AS kept_request, kept.seq AS kept_seq, kept.epoch AS kept_epoch,
  kept.type AS kept_type, kept.actor AS kept_actor, kept.actor_id AS kept_actor_id, kept.at AS kept_at, kept.payload AS kept_payload
FROM run r
LEFT JOIN execution named ON named.id = ${named}
LEFT JOIN event kept ON kept.key = $3 AND kept.operation = $2 AND kept.key_scope = coalesce($4, r.project)
WHERE r.id = $1`,
})

const LOAD_FOR_DECISION = loadForDecisionBy('load-for-decision', 'NULL')
const LOAD_NAMED_FOR_DECISION = loadForDecisionBy('load-named-for-decision', '$5')

const loadBy = (name: string, which: string): Prepared => ({
  name,
  text: `SELECT ${selectPresent('NULL')}, ${CLOCK} FROM run r WHERE ${which}`,
})

const LOAD_ONE = loadBy('load-run', 'r.id = $1')
const LOAD_MANY = loadBy('load-runs', 'r.id = ANY($1::text[])')

type DecisionRow = LoadedRow & {
  clock: Date
  tick_at: Date
  finish_key: string | null
  finish_request: Json
} & KeptRow

/** Columns of an event that carries an idempotency key, null where there is none. */
export interface KeptRow {
  kept_run_id: string | null
  kept_request: Json
  kept_seq: number
  kept_epoch: number
  kept_type: string
  kept_actor: string
  kept_actor_id: string | null
  kept_at: Date
  kept_payload: unknown
}

/** Loads a run with all that a decision about it looks at; null where there is none with this id. */
export async function loadForDecision(
  connection: Connection,
  store: Store,
  { runId, namedId, operation, key, scope }: Lookup,
): Promise<LoadedForDecision | null> {
  const values = [runId, operation, key, scope]
  const [row] =
    namedId === null
      ? await query<DecisionRow>(connection, LOAD_FOR_DECISION, values)
      : await query<DecisionRow>(connection, LOAD_NAMED_FOR_DECISION, [...values, namedId])
  if (!row) return null
  return {
    ...(await toLoaded(store, row)),
    tickAt: row.tick_at.getTime(),
    kept: toKept(row) ?? keptBesideTheLog(row, operation, key),
  }
}

/** Loads runs to be shown, in any order; ids that name nothing are left out. */
export async function loadRuns(
  connection: Connection,
  store: Store,
  ids: readonly string[],
): Promise<LoadedRun[]> {
  const [only, ...others] = ids
  if (only === undefined) return []
  const [statement, value] = others.length === 0 ? [LOAD_ONE, only] : [LOAD_MANY, ids]
  const rows = await query<LoadedRow & { clock: Date }>(connection, statement, [value])
  return Promise.all(rows.map((row) => toLoaded(store, row)))
}

/** The run that a row tells of, at the clock of its statement. */
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

/** What is kept under a key, from the event that carries it. */
export function toKept(row: KeptRow): KeptKey | null {
  if (row.kept_run_id === null) return null
  const event = parseEvent({
    seq: row.kept_seq,
    epoch: row.kept_epoch,
    type: row.kept_type,
    actor: row.kept_actor,
    actorId: row.kept_actor_id,
    at: row.kept_at.getTime(),
    payload: row.kept_payload,
  })
  return { runId: row.kept_run_id, request: row.kept_request, event }
}

/** Facts told after settling leave no event; their keys are kept on the rows they changed. */
function keptBesideTheLog(row: DecisionRow, operation: string, key: string | null): KeptKey | null {
  if (key === null) return null
  if (operation === 'finishExecution' && row.finish_key === key)
    return { runId: row.id, request: row.finish_request, event: null }
  const released = operation === 'releaseRun' ? readReleaseKey(row.release_key) : null
  if (released?.key === key)
    return { runId: row.id, request: { runId: row.id, fence: released.fence }, event: null }
  return null
}
