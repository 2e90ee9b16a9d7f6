import { type Prepared, type Connection, query } from '../../sql/openStore.ts'
import type { Run, Json } from '../../../lifecycle/run/run.ts'
import type { Actor } from '../../../lifecycle/run/actor.ts'
import { toDate } from '../../sql/columns.ts'

const DELETE: Prepared = {
  name: 'delete-run',
  text: `
WITH guard AS (
  DELETE FROM run r USING workflow w
  WHERE r.id = $1 AND r.revision = $2 AND r.lease_expires_at IS NOT DISTINCT FROM $3::timestamptz AND w.id = r.workflow_id
  RETURNING r.id, r.project, w.name, r.labels, r.revision
), freed AS (
  UPDATE workspace w SET run_count = w.run_count - 1, revision = w.revision + 1
  FROM guard JOIN workspace_run l ON l.run_id = guard.id
  WHERE w.id = l.workspace_id
  RETURNING w.id, w.status, w.run_count
), removal AS (
  INSERT INTO workspace_operation (id, workspace_id, kind, force, status, attempt, requested_by, requested_by_id, requested_at)
  SELECT $7, id, 'REMOVE', false, 'REQUESTED', 0, 'system', 'system', clock_timestamp() FROM freed
  WHERE run_count = 0 AND status = 'READY'
  ON CONFLICT (workspace_id, kind) WHERE status IN ('REQUESTED', 'STARTED') DO NOTHING
)
INSERT INTO tombstone (run_id, project, workflow, labels, revision, deleted_by, deleted_by_id, deleted_at, key, request)
SELECT id, project, name, labels, revision + 1, $4, $8, clock_timestamp(), $5, $6::jsonb FROM guard
RETURNING run_id`,
}

/**
 * Deletes a run with all that hangs below it and leaves a tombstone, one revision later than anything of the run. The worker of
 * its workspace is asked to remove the directory, where no other run is left that works in it.
 * Returns false where somebody was first: nothing was deleted then.
 */
export async function deleteRun(
  connection: Connection,
  { id, revision, claim }: Run,
  deletedBy: Actor,
  key: { key: string; request: Json } | null,
  /** Id of the operation that removes the directory. */
  removalId: string,
): Promise<boolean> {
  const request = key ? JSON.stringify(key.request) : null
  const expiresAt = toDate(claim?.expiresAt ?? null)
  const values = [id, revision, expiresAt, deletedBy.name, key?.key ?? null, request, removalId, deletedBy.id]
  const rows = await query(connection, DELETE, values)
  return rows.length === 1
}
