import type { GivenResult } from '../../lifecycle/workspace/workspaceResults.ts'
import { type Prepared, type Connection, query } from '../sql/openStore.ts'

/** What an operation came to. */
export interface StoredResult {
  readonly id: string
  readonly result: GivenResult | null
}

const RESULTS: Prepared = {
  name: 'find-workspace-results',
  text: 'SELECT id, result FROM workspace_operation WHERE id = ANY($1::text[])',
}

/** What operations came to, in any order; null for one that came to nothing that is told. */
export function findWorkspaceResults(
  connection: Connection,
  ids: readonly string[],
): Promise<StoredResult[]> {
  return query<{ id: string; result: GivenResult | null }>(connection, RESULTS, [ids])
}
