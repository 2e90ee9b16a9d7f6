import { column, type Connection, prepare, query } from '../sql/statement.ts'
import { SHOWN, type LoadedWorkspace, SHOWN_ROW, toLoadedWorkspace } from './loadedWorkspace.ts'

const FIND_OF_RUNS = prepare({
  name: 'find-workspaces-of-runs',
  row: {
    run_id: column('workspace_run', 'run_id'),
    ...SHOWN_ROW,
  },
  text: `
SELECT link.run_id, ${SHOWN} FROM workspace_run link JOIN workspace w ON w.id = link.workspace_id
WHERE link.run_id = ANY($1::text[])`,
})

/** The workspace that a run works in. */
export interface WorkspaceOfRun extends LoadedWorkspace {
  readonly runId: string
}

/** The workspaces of runs, in any order; runs without one are left out. */
export async function findWorkspacesOfRuns(
  connection: Connection,
  runIds: readonly string[],
): Promise<WorkspaceOfRun[]> {
  const rows = await query(connection, FIND_OF_RUNS, [runIds])
  return rows.map((row) => ({ runId: row.run_id, ...toLoadedWorkspace(row) }))
}
