import { groupByOwner } from '../sql/groupByOwner.ts'
import { column, type Connection, prepare, query, text } from '../sql/statement.ts'

/** Maximum number of runs listed per workspace, newest first. */
const MAX_RUNS = 500

const LIST_RUNS = prepare({
  name: 'list-runs-of-workspaces',
  row: {
    workspace_id: text,
    id: column('run', 'id'),
  },
  text: `
SELECT of.id AS workspace_id, listed.id FROM unnest($1::text[]) AS of(id)
CROSS JOIN LATERAL (
  SELECT r.id, r.created_at FROM workspace_run l JOIN run r ON r.id = l.run_id
  WHERE l.workspace_id = of.id ORDER BY r.created_at DESC, r.id DESC LIMIT ${MAX_RUNS}
) listed
ORDER BY listed.created_at DESC, listed.id DESC`,
})

/** Ids of the runs that work or worked in workspaces, by workspace, newest first. */
export async function listRunsOfWorkspaces(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await query(connection, LIST_RUNS, [ids])
  return groupByOwner(rows.map(({ workspace_id, id }) => [workspace_id, id]))
}
