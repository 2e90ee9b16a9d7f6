import type { PresentWorkspace, WorkspaceOperation } from '../../lifecycle/workspace/workspace.ts'
import type { Instant, Json } from '../../lifecycle/run/run.ts'
import type { StoredWorkspaceKey } from './findWorkspaceKey.ts'
import { column, type Connection, json, moment, nullable, prepare, query } from '../sql/statement.ts'
import { WORKSPACE_JSON, OPERATION_JSON } from '../rows/selectWorkspace.ts'

/** What a decision about a workspace depends on. */
export interface WorkspaceForDecision {
  readonly workspace: PresentWorkspace
  /** The requested operation, ended or not. */
  readonly named: WorkspaceOperation | null
  /** The principal that last started the preview; null if none did or it was not recorded. */
  readonly previewStartedById: string | null
  /** The database's clock. */
  readonly now: Instant
  /** What is stored under the idempotency key. */
  readonly kept: StoredWorkspaceKey | null
}

/** What to load for a decision. */
export interface WorkspaceLookup {
  readonly workspaceId: string
  readonly operationId: string | null
  readonly operation: string
  readonly key: string | null
}

const LOAD = prepare({
  name: 'load-workspace',
  row: {
    workspace: json<PresentWorkspace>(),
    clock: moment,
    named: json<WorkspaceOperation | null>(),
    preview_started_by_id: column('workspace_operation', 'started_by_id'),
    kept_workspace_id: nullable(column('workspace_key', 'workspace_id')),
    kept_operation_id: column('workspace_key', 'operation_id'),
    kept_request: json<Json>(),
    kept_created: column('workspace_key', 'created'),
  },
  text: `
SELECT ${WORKSPACE_JSON} AS workspace, clock_timestamp() AS clock,
  (SELECT ${OPERATION_JSON} FROM workspace_operation o WHERE o.id = $2 AND o.workspace_id = w.id) AS named,
  (SELECT o.started_by_id FROM workspace_operation o
    WHERE o.workspace_id = w.id AND o.kind = 'START_PREVIEW' AND o.started_at IS NOT NULL
    ORDER BY o.requested_at DESC, o.id DESC LIMIT 1) AS preview_started_by_id,
  k.workspace_id AS kept_workspace_id, k.operation_id AS kept_operation_id, k.request AS kept_request,
  k.created AS kept_created
FROM workspace w LEFT JOIN workspace_key k ON k.key = $4 AND k.operation = $3 AND k.scope = w.project
WHERE w.id = $1`,
})

/** Loads a workspace for a decision, at one snapshot; null if it does not exist. */
export async function loadWorkspace(
  connection: Connection,
  { workspaceId, operationId, operation, key }: WorkspaceLookup,
): Promise<WorkspaceForDecision | null> {
  const [row] = await query(connection, LOAD, [workspaceId, operationId, operation, key])
  if (!row) return null
  const kept =
    row.kept_workspace_id === null
      ? null
      : {
          workspaceId: row.kept_workspace_id,
          operationId: row.kept_operation_id,
          request: row.kept_request,
          created: row.kept_created,
        }
  return {
    workspace: row.workspace,
    named: row.named,
    previewStartedById: row.preview_started_by_id,
    now: row.clock.getTime(),
    kept,
  }
}
