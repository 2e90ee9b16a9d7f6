import { column, type Connection, prepare, query } from '../../sql/statement.ts'
import type { Run, Json } from '../../../lifecycle/run/run.ts'
import type { Actor } from '../../../lifecycle/run/actor.ts'
import { insertInto, toDate } from '../../sql/columns.ts'

const DELETE = prepare({
  name: 'delete-run',
  row: {
    run_id: column('tombstone', 'run_id'),
  },
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
  ${insertInto('workspace_operation', {
    id: '$7',
    workspace_id: 'id',
    kind: `'REMOVE'::workspace_operation_kind`,
    force: 'false',
    status: `'REQUESTED'::workspace_operation_status`,
    attempt: '0',
    requested_by: `'system'`,
    requested_by_id: `'system'`,
    requested_at: 'clock_timestamp()',
  })} FROM freed
  WHERE run_count = 0 AND status = 'READY'
  ON CONFLICT (workspace_id, kind) WHERE status IN ('REQUESTED', 'STARTED') DO NOTHING
)
${insertInto('tombstone', {
  run_id: 'id',
  project: 'project',
  workflow: 'name',
  labels: 'labels',
  revision: 'revision + 1',
  deleted_by: '$4',
  deleted_by_id: '$8',
  deleted_at: 'clock_timestamp()',
  key: '$5',
  request: '$6::jsonb',
})} FROM guard
RETURNING run_id`,
})

/**
 * Deletes a run with everything that belongs to it and leaves a tombstone whose revision is one higher than the run's.
 * If no other run shares its READY workspace, requests the removal of the directory. Returns false if a concurrent
 * change came first: nothing is deleted then.
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
