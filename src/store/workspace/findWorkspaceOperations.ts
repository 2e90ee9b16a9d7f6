import { type Connection, json, prepare, query } from '../sql/statement.ts'
import { OPERATION_JSON } from '../rows/selectWorkspace.ts'
import type { WorkspaceOperation } from '../../lifecycle/workspace/workspace.ts'

const FIND_OPERATIONS = prepare({
  name: 'find-workspace-operations',
  row: {
    operation: json<WorkspaceOperation>(),
  },
  text: `SELECT ${OPERATION_JSON} AS operation FROM workspace_operation o WHERE o.id = ANY($1::text[])`,
})

/** The operations with these ids, in any order. */
export async function findWorkspaceOperations(
  connection: Connection,
  ids: readonly string[],
): Promise<WorkspaceOperation[]> {
  const rows = await query(connection, FIND_OPERATIONS, [ids])
  return rows.map(({ operation }) => operation)
}
