import { column, type Connection, prepare, query } from '../sql/statement.ts'

const FIND_WORKSPACE = prepare({
  name: 'find-workspace-of-operation',
  row: {
    workspace_id: column('workspace_operation', 'workspace_id'),
  },
  text: 'SELECT workspace_id FROM workspace_operation WHERE id = $1',
})

/** The id of an operation's workspace; null if the operation does not exist. */
export async function findOperationWorkspaceId(
  connection: Connection,
  operationId: string,
): Promise<string | null> {
  const [row] = await query(connection, FIND_WORKSPACE, [operationId])
  return row?.workspace_id ?? null
}
