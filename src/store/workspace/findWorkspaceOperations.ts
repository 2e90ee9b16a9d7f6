import { type Prepared, type Connection, query } from '../sql/openStore.ts'
import { OPERATION_JSON } from '../rows/selectWorkspace.ts'
import type { WorkspaceOperation } from '../../lifecycle/workspace/workspace.ts'

const FIND_OPERATIONS: Prepared = {
  name: 'find-workspace-operations',
  text: `SELECT ${OPERATION_JSON} AS operation FROM workspace_operation o WHERE o.id = ANY($1::text[])`,
}

/** The operations with these ids, in any order. */
export async function findWorkspaceOperations(
  connection: Connection,
  ids: readonly string[],
): Promise<WorkspaceOperation[]> {
  const rows = await query<{ operation: WorkspaceOperation }>(connection, FIND_OPERATIONS, [ids])
  return rows.map(({ operation }) => operation)
}
