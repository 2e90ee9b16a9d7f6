import { type Prepared, type Connection, query } from '../sql/openStore.ts'

const FIND_WORKSPACE: Prepared = {
  name: 'find-workspace-of-operation',
  text: 'SELECT workspace_id FROM workspace_operation WHERE id = $1',
}

/** The id of the workspace that an operation is about; null where there is no such operation. */
export async function findOperationWorkspaceId(
  connection: Connection,
  operationId: string,
): Promise<string | null> {
  const [row] = await query<{ workspace_id: string }>(connection, FIND_WORKSPACE, [operationId])
  return row?.workspace_id ?? null
}
