import { column, type Connection, prepare, query } from '../sql/statement.ts'

const FIND_ID_OF_RUN = prepare({
  name: 'find-workspace-id-of-run',
  row: {
    id: column('workspace_run', 'workspace_id'),
  },
  text: 'SELECT workspace_id AS id FROM workspace_run WHERE run_id = $1',
})

/** The id of the workspace that a run works in; null if it has none. */
export async function findWorkspaceId(connection: Connection, runId: string): Promise<string | null> {
  const [row] = await query(connection, FIND_ID_OF_RUN, [runId])
  return row?.id ?? null
}
