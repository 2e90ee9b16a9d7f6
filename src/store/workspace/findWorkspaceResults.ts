import type { GivenResult } from '../../lifecycle/workspace/workspaceResults.ts'
import { column, type Connection, json, prepare, query } from '../sql/statement.ts'

/** The result of an operation. */
export interface StoredResult {
  readonly id: string
  readonly result: GivenResult | null
}

const RESULTS = prepare({
  name: 'find-workspace-results',
  row: {
    id: column('workspace_operation', 'id'),
    result: json<GivenResult | null>(),
  },
  text: 'SELECT id, result FROM workspace_operation WHERE id = ANY($1::text[])',
})

/** The results of operations, in any order; null for an operation without a result. */
export function findWorkspaceResults(
  connection: Connection,
  ids: readonly string[],
): Promise<StoredResult[]> {
  return query(connection, RESULTS, [ids])
}
