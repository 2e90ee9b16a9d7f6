import { type Prepared, type Connection, query } from '../sql/openStore.ts'

const FIND_ID_OF_RUN: Prepared = {
  name: 'find-workspace-id-of-run',
  text: 'SELECT workspace_id AS id FROM workspace_run WHERE run_id = $1',
}

/** The id of the workspace that a run works in; null where it has none. */
export async function findWorkspaceId(connection: Connection, runId: string): Promise<string | null> {
  const [row] = await query<{ id: string }>(connection, FIND_ID_OF_RUN, [runId])
  return row?.id ?? null
}
