import type { Json } from '../../lifecycle/run/run.ts'
import { column, type Connection, json, prepare, query } from '../sql/statement.ts'

/** What is stored under an idempotency key. */
export interface StoredWorkspaceKey {
  readonly workspaceId: string
  readonly operationId: string | null
  readonly request: Json
  /** Whether the first response said that the workspace was new. */
  readonly created: boolean
}

const KEPT = prepare({
  name: 'find-workspace-key',
  row: {
    workspaceId: column('workspace_key', 'workspace_id'),
    operationId: column('workspace_key', 'operation_id'),
    request: json<Json>(),
    created: column('workspace_key', 'created'),
  },
  text: `
SELECT workspace_id AS "workspaceId", operation_id AS "operationId", request, created FROM workspace_key
WHERE key = $3 AND operation = $2 AND scope = $1`,
})

/** What is stored under the key of a workspace mutation; null if nothing is. */
export async function findWorkspaceKey(
  connection: Connection,
  scope: string,
  operation: string,
  key: string,
): Promise<StoredWorkspaceKey | null> {
  const [row] = await query(connection, KEPT, [scope, operation, key])
  return row ?? null
}
