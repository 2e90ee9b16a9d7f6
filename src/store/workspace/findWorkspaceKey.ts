import type { Json } from '../../lifecycle/run/run.ts'
import { type Prepared, type Connection, query } from '../sql/openStore.ts'

/** What was kept under an idempotency key. */
export interface StoredWorkspaceKey {
  readonly workspaceId: string
  readonly operationId: string | null
  readonly request: Json
  /** Whether the first answer said that the workspace was new. */
  readonly created: boolean
}

const KEPT: Prepared = {
  name: 'find-workspace-key',
  text: `
SELECT workspace_id AS "workspaceId", operation_id AS "operationId", request, created FROM workspace_key
WHERE key = $3 AND operation = $2 AND scope = $1`,
}

/** What was kept under a key of a mutation of workspaces; null where nothing was. */
export async function findWorkspaceKey(
  connection: Connection,
  scope: string,
  operation: string,
  key: string,
): Promise<StoredWorkspaceKey | null> {
  const [row] = await query<StoredWorkspaceKey>(connection, KEPT, [scope, operation, key])
  return row ?? null
}
