import type { Instant, Json } from '../../lifecycle/run/run.ts'
import type { PresentWorkspace, WorkspaceOperation } from '../../lifecycle/workspace/workspace.ts'
import { type Connection, type Prepared, query } from '../sql/openStore.ts'
import { OPERATION_JSON, WORKSPACE_JSON } from '../rows/selectWorkspace.ts'
import type { StoredWorkspaceKey } from './workspaces.ts'

/** What a decision about a workspace looks at. */
export interface WorkspaceForDecision {
  readonly workspace: PresentWorkspace
  /** The operation that is named, ended or not. */
  readonly named: WorkspaceOperation | null
  /** The database's clock. */
  readonly now: Instant
  /** What was kept under the idempotency key. */
  readonly kept: StoredWorkspaceKey | null
}

/** What to load for a decision. */
export interface WorkspaceLookup {
  readonly workspaceId: string
  readonly operationId: string | null
  readonly operation: string
  readonly key: string | null
}

const LOAD: Prepared = {
  name: 'load-workspace',
  text: `
SELECT ${WORKSPACE_JSON} AS workspace, clock_timestamp() AS clock,
  (SELECT ${OPERATION_JSON} FROM workspace_operation o WHERE o.id = $2 AND o.workspace_id = w.id) AS named,
  k.workspace_id AS kept_workspace_id, k.operation_id AS kept_operation_id, k.request AS kept_request,
  k.created AS kept_created
FROM workspace w LEFT JOIN workspace_key k ON k.key = $4 AND k.operation = $3 AND k.scope = w.project
WHERE w.id = $1`,
}

interface LoadedRow {
  workspace: PresentWorkspace
  clock: Date
  named: WorkspaceOperation | null
  kept_workspace_id: string | null
  kept_operation_id: string | null
  kept_request: Json
  kept_created: boolean
}

/** Loads a workspace for a decision, at one snapshot; null where there is none with this id. */
export async function loadWorkspace(
  connection: Connection,
  { workspaceId, operationId, operation, key }: WorkspaceLookup,
): Promise<WorkspaceForDecision | null> {
  const [row] = await query<LoadedRow>(connection, LOAD, [workspaceId, operationId, operation, key])
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
  return { workspace: row.workspace, named: row.named, now: row.clock.getTime(), kept }
}

const FIND_WORKSPACE: Prepared = {
  name: 'find-workspace-of-operation',
  text: 'SELECT workspace_id FROM workspace_operation WHERE id = $1',
}

/** The id of the workspace that an operation is about; null where there is no such operation. */
export async function findWorkspaceOf(connection: Connection, operationId: string): Promise<string | null> {
  const [row] = await query<{ workspace_id: string }>(connection, FIND_WORKSPACE, [operationId])
  return row?.workspace_id ?? null
}
