import { insertInto } from '../sql/columns.ts'
import type { RunEvent } from '../../lifecycle/run/events.ts'
import type { Instant, Run } from '../../lifecycle/run/run.ts'
import { type Connection, prepare, query, text } from '../sql/statement.ts'
import { type Change, toParentValues, updateParent } from './applyDecision.ts'
import { collectChangedRows } from '../rows/workRows.ts'
import type { IdempotencyKey } from '../sql/idempotencyKey.ts'
import { INSERT_RUN, toRunJson } from '../rows/runRows.ts'
import { insertWorkRows, toWorkJson } from '../rows/workTables.ts'

/** A run that continues another shares its workspace while that is READY. */
const SHARE_WORKSPACE = `
shared AS (
  UPDATE workspace w SET run_count = w.run_count + 1, revision = w.revision + 1
  FROM guard JOIN workspace_run l ON l.run_id = guard.continues_id
  WHERE w.id = l.workspace_id AND w.status = 'READY' AND w.project = guard.project
  RETURNING w.id, guard.id AS run_id
), linked AS (
  ${insertInto('workspace_run', { run_id: 'run_id', workspace_id: 'id' })} FROM shared
)`

interface Created {
  readonly workspaceId: string | null
}

/** What is written together with a new run. */
export interface Creation {
  /** When the sweep should first check it. */
  readonly dueAt: Instant | null
  readonly key: IdempotencyKey | null
  /** The run that it continues, at the revision that the decision was based on. */
  readonly continued: { readonly id: string; readonly revision: number } | null
  /** The change of the parent to write in the same statement; null: none. */
  readonly above: Change | null
}

const CREATE = prepare({
  name: 'create-run',
  row: {
    workspaceId: text,
  },
  text: `
WITH guard AS (
  ${INSERT_RUN} FROM jsonb_populate_record(NULL::run, $1::jsonb) n RETURNING id, 0 AS ord
), ${insertWorkRows('$2')}
SELECT NULL AS "workspaceId" FROM guard`,
})

const CONTINUED = `
continued AS MATERIALIZED (
  SELECT id FROM run WHERE id = $3 AND revision = $4 FOR SHARE
)`

const CREATE_CONTINUATION = prepare({
  name: 'create-continuation',
  row: {
    workspaceId: text,
  },
  text: `
WITH ${CONTINUED}, guard AS (
  ${INSERT_RUN} FROM continued, jsonb_populate_record(NULL::run, $1::jsonb) n
  RETURNING id, 0 AS ord, project, continues_id
), ${SHARE_WORKSPACE}, ${insertWorkRows('$2')}
SELECT (SELECT id FROM shared) AS "workspaceId" FROM guard`,
})

const CREATE_CHILD = prepare({
  name: 'create-child',
  row: {
    workspaceId: text,
  },
  text: `
WITH ${updateParent(['$3', '$4', '$5', '$6', '$7'])}, guard AS (
  ${INSERT_RUN} FROM above, jsonb_populate_record(NULL::run, $1::jsonb) n RETURNING id, 0 AS ord
), ${insertWorkRows('$2')}
SELECT NULL AS "workspaceId" FROM guard`,
})

const CREATE_CHILD_CONTINUATION = prepare({
  name: 'create-child-continuation',
  row: {
    workspaceId: text,
  },
  text: `
WITH ${CONTINUED}, ${updateParent(['$5', '$6', '$7', '$8', '$9'], 'continued')}, guard AS (
  ${INSERT_RUN} FROM above, jsonb_populate_record(NULL::run, $1::jsonb) n
  RETURNING id, 0 AS ord, project, continues_id
), ${SHARE_WORKSPACE}, ${insertWorkRows('$2')}
SELECT (SELECT id FROM shared) AS "workspaceId" FROM guard`,
})

/**
 * Creates a run with its first events, and writes the change of its parent, if the run it continues is unchanged. That
 * row stays locked, so that a concurrent resume, continuation or deletion either comes first or sees the new run.
 * Returns null if a concurrent change came first; otherwise the id of the workspace it shares with the run it
 * continues, null if there is none.
 *
 * @throws the violation of `run_concurrency_key`, `run_chain`, `run_continued_once` or `event_idempotency_key` if a
 * concurrent creation came first
 */
export async function createRun(
  connection: Connection,
  run: Run,
  events: readonly RunEvent[],
  { dueAt, key, continued, above }: Creation,
): Promise<Created | null> {
  const below = toWorkJson([collectChangedRows(null, run, events, { key })])
  const alone = continued ? CREATE_CONTINUATION : CREATE
  const attached = continued ? CREATE_CHILD_CONTINUATION : CREATE_CHILD
  const [created] = await query(connection, above ? attached : alone, [
    toRunJson(run, dueAt),
    below,
    ...(continued ? [continued.id, continued.revision] : []),
    ...(above ? toParentValues(above) : []),
  ])
  return created ?? null
}
