import type { RunEvent } from '../lifecycle/events.ts'
import type { Instant, Run } from '../lifecycle/run.ts'
import { type Connection, type Prepared, run as send } from './openStore.ts'
import { type KeyToKeep, rowsBelow } from './rowsBelow.ts'
import { toRunJson } from './runRows.ts'
import { writeBelow } from './tablesBelow.ts'

/** A run that takes up where another ended works in the same workspace, while that is there. */
const SHARE_WORKSPACE = `
shared AS (
  UPDATE workspace w SET run_count = w.run_count + 1, revision = w.revision + 1
  FROM guard JOIN workspace_run l ON l.run_id = guard.continues_id
  WHERE w.id = l.workspace_id AND w.status = 'READY' AND w.project = guard.project
  RETURNING w.id, guard.id AS run_id
), linked AS (
  INSERT INTO workspace_run (run_id, workspace_id) SELECT run_id, id FROM shared
)`

const CREATE: Prepared = {
  name: 'create-run',
  text: `
WITH guard AS (
  INSERT INTO run SELECT * FROM jsonb_populate_record(NULL::run, $1::jsonb) RETURNING id
), ${writeBelow('$2')}
SELECT NULL AS "workspaceId" FROM guard`,
}

const CREATE_CONTINUATION: Prepared = {
  name: 'create-continuation',
  text: `
WITH continued AS MATERIALIZED (
  SELECT id FROM run WHERE id = $3 AND revision = $4 FOR SHARE
), guard AS (
  INSERT INTO run SELECT n.* FROM continued, jsonb_populate_record(NULL::run, $1::jsonb) n
  RETURNING id, project, continues_id
), ${SHARE_WORKSPACE}, ${writeBelow('$2')}
SELECT (SELECT id FROM shared) AS "workspaceId" FROM guard`,
}

interface Created {
  readonly workspaceId: string | null
}

/** What a new run is written with beside itself. */
export interface Creation {
  /** When the sweep should first look at it. */
  readonly dueAt: Instant | null
  readonly key: KeyToKeep | null
  /** The run that it continues, at the revision it was judged by. */
  readonly continued: { readonly id: string; readonly revision: number } | null
}

/**
 * Writes a new run with its first events, while the run it continues is as it was: that row is held, so that whoever would
 * resume, continue or delete it comes before this or sees it. Returns null where somebody was first; else the id of the workspace
 * that it shares with the run it continues, null where there is none.
 * Throws the violation of `run_concurrency_key`, `run_chain`, `run_continued_once` or `event_idempotency_key` where somebody
 * was first.
 */
export async function createRun(
  connection: Connection,
  run: Run,
  events: readonly RunEvent[],
  { dueAt, key, continued }: Creation,
): Promise<Created | null> {
  const below = JSON.stringify(rowsBelow(null, run, events, { key }))
  const values = [toRunJson(run, dueAt), below]
  const [created] = continued
    ? await send<Created>(connection, CREATE_CONTINUATION, [...values, continued.id, continued.revision])
    : await send<Created>(connection, CREATE, values)
  return created ?? null
}
