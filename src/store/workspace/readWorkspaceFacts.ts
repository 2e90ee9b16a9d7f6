import type { PresentWorkspace, WorkspaceOperation } from '../../lifecycle/workspace/workspace.ts'
import { column, type Connection, int, json, prepare, query } from '../sql/statement.ts'
import { WORKSPACE_JSON, OPERATION_JSON } from '../rows/selectWorkspace.ts'

/** What is compared to verify the workspace of a run. */
export interface WorkspaceFacts {
  readonly runId: string
  /** Of the run. */
  readonly project: string
  readonly workspace: PresentWorkspace
  /** How many runs are linked to it. */
  readonly links: number
  readonly operations: readonly WorkspaceOperation[]
}

const FACTS = prepare({
  name: 'read-workspace-facts',
  row: {
    runId: column('run', 'id'),
    project: column('run', 'project'),
    workspace: json<PresentWorkspace>(),
    links: int,
    operations: json<readonly WorkspaceOperation[]>(),
  },
  text: `
SELECT r.id AS "runId", r.project, ${WORKSPACE_JSON} AS workspace,
  (SELECT count(*)::int FROM workspace_run l WHERE l.workspace_id = w.id) AS links,
  (SELECT coalesce(jsonb_agg(${OPERATION_JSON} ORDER BY o.requested_at, o.id), '[]')
    FROM workspace_operation o WHERE o.workspace_id = w.id) AS operations
FROM run r JOIN workspace_run link ON link.run_id = r.id JOIN workspace w ON w.id = link.workspace_id
WHERE r.id = ANY($1::text[])`,
})

/** What is needed to verify the workspaces of runs; runs without one are left out. */
export function readWorkspaceFacts(
  connection: Connection,
  runIds: readonly string[],
): Promise<WorkspaceFacts[]> {
  return query(connection, FACTS, [runIds])
}
