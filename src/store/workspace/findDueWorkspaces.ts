import { column, type Connection, prepare, query } from '../sql/statement.ts'
import { IN_FLIGHT } from '../rows/selectWorkspace.ts'

const FIND = prepare({
  name: 'find-due-workspaces',
  row: {
    id: column('workspace_operation', 'workspace_id'),
  },
  text: `
SELECT DISTINCT o.workspace_id AS id FROM workspace_operation o
WHERE ${IN_FLIGHT} AND coalesce(o.deadline_at, o.expires_at) <= clock_timestamp()
  AND (o.attempt >= $2 OR o.expires_at <= clock_timestamp())
ORDER BY o.workspace_id LIMIT $1`,
})

/** Ids of workspaces with an operation past its time; the lifecycle rules decide whether something is due. */
export async function findDueWorkspaces(
  connection: Connection,
  limit: number,
  mostAttempts: number,
): Promise<string[]> {
  return (await query(connection, FIND, [limit, mostAttempts])).map(({ id }) => id)
}
