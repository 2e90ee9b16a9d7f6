import type { KeptKey } from '../../lifecycle/log/draft.ts'
import type { Instant } from '../../lifecycle/run/run.ts'
import type { Store } from '../sql/openStore.ts'
import { column, type Connection, int, moment, nullable, prepare, query } from '../sql/statement.ts'
import type { StoredWorkflow } from '../sql/workflowCache.ts'
import { selectWorkflow } from '../workflow/workflows.ts'
import { KEPT_ROW, selectKept, toKept } from './storedKey.ts'

/** Which run is to be started. */
export interface StartLookup {
  readonly project: string
  readonly workflow: string
  /** Null: the newest. */
  readonly version: number | null
  readonly concurrencyKey: string | null
  readonly idempotencyKey: string | null
}

/** What a start depends on, beside the runs that it names. */
export interface LoadedForStart {
  /** The database's clock at the snapshot. */
  readonly now: Instant
  /** Null: the project knows none of the name and version. */
  readonly workflow: StoredWorkflow | null
  /** The run that holds the concurrency key; null: none. */
  readonly holderId: string | null
  /** What is stored under the idempotency key; null: nothing. */
  readonly kept: KeptKey | null
}

// see loadForDecision.ts for the form of the statement
const LOAD_FOR_START = prepare({
  name: 'load-for-start',
  row: {
    place: int,
    clock: moment,
    workflow_id: nullable(column('workflow', 'id')),
    holder_id: nullable(column('run', 'id')),
    ...KEPT_ROW,
  },
  text: `
SELECT l.place, clock_timestamp() AS clock, w.id AS workflow_id, holder.id AS holder_id, kept.*
FROM (
  SELECT * FROM jsonb_to_recordset($1::jsonb)
    AS l(place int, project text, workflow text, version int, concurrency_key text, idempotency_key text)
  LIMIT (SELECT jsonb_array_length($1::jsonb))
) l
LEFT JOIN LATERAL (${selectWorkflow('w.id', { name: 'l.workflow', version: 'l.version', project: 'l.project' })}) w ON true
LEFT JOIN LATERAL (
  SELECT h.id FROM run h
  WHERE h.project = l.project AND h.concurrency_key = l.concurrency_key
    AND h.concurrency_key IS NOT NULL AND (h.settled_at IS NULL OR h.lease_owner IS NOT NULL) LIMIT 1
) holder ON true
LEFT JOIN LATERAL (${selectKept({ scope: 'l.project', operation: `'startRun'`, key: 'l.idempotency_key' })}) kept ON true`,
})

/** Loads what several starts depend on in one statement, in the order of the lookups. */
export async function loadForStarts(
  connection: Connection,
  store: Store,
  lookups: readonly StartLookup[],
): Promise<LoadedForStart[]> {
  const asked = lookups.map(({ project, workflow, version, concurrencyKey, idempotencyKey }, place) => {
    return {
      place,
      project,
      workflow,
      version,
      concurrency_key: concurrencyKey,
      idempotency_key: idempotencyKey,
    }
  })
  const rows = await query(connection, LOAD_FOR_START, [JSON.stringify(asked)])
  return Promise.all(
    rows
      .toSorted((a, b) => a.place - b.place)
      .map(async (row) => ({
        now: row.clock.getTime(),
        workflow: row.workflow_id === null ? null : await store.workflows.get(row.workflow_id),
        holderId: row.holder_id,
        kept: toKept(row),
      })),
  )
}
