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
  INSERT INTO run SELECT * FROM jsonb_populate_record(NULL::run, $1::jsonb) RETURNING id, project, continues_id
), ${SHARE_WORKSPACE}, ${writeBelow('$2')}
SELECT (SELECT id FROM shared) AS "workspaceId" FROM guard`,
}

/**
 * Writes a new run with its first events. Returns the id of the workspace that it shares with the run it continues; null where
 * there is none.
 * Throws the violation of `run_concurrency_key` or `event_idempotency_key` where somebody was first.
 */
export async function createRun(
  connection: Connection,
  run: Run,
  events: readonly RunEvent[],
  dueAt: Instant | null,
  key: KeyToKeep | null,
): Promise<string | null> {
  const below = JSON.stringify(rowsBelow(null, run, events, { key }))
  const [created] = await send<{ workspaceId: string | null }>(connection, CREATE, [
    toRunJson(run, dueAt),
    below,
  ])
  return created?.workspaceId ?? null
}
