import type { WorkspaceOperation } from '../../lifecycle/workspace/workspace.ts'
import { type Connection, float, json, prepare, query } from '../sql/statement.ts'
import { IN_FLIGHT, OPERATION_JSON } from '../rows/selectWorkspace.ts'

/** An operation that waits for the worker of a machine. */
export interface InFlight {
  readonly operation: WorkspaceOperation
  /** Milliseconds until it may be started again, by the database's clock; zero or less: now. */
  readonly startableInMs: number
}

/** Maximum number of operations listed, oldest first. Others follow as these end. */
const MAX_OPERATIONS = 500

const LIST = prepare({
  name: 'list-startable-operations',
  row: {
    operation: json<WorkspaceOperation>(),
    in_ms: float,
  },
  text: `
SELECT ${OPERATION_JSON} AS operation,
  CASE o.status WHEN 'REQUESTED' THEN 0
    ELSE ceil(extract(epoch FROM o.deadline_at - clock_timestamp()) * 1000)::float8 END AS in_ms
FROM workspace_operation o JOIN workspace w ON w.id = o.workspace_id
WHERE ${IN_FLIGHT} AND w.host = $1 AND ($2::text[] IS NULL OR w.project = ANY($2))
  AND (o.expires_at IS NULL OR o.expires_at > clock_timestamp()) AND o.attempt < $3
ORDER BY o.requested_at, o.id LIMIT ${MAX_OPERATIONS}`,
})

/** The operations of a machine that may be started now or later, in the order of their requests. */
export async function listInFlight(
  connection: Connection,
  host: string,
  projects: readonly string[] | null,
  mostAttempts: number,
): Promise<InFlight[]> {
  const rows = await query(connection, LIST, [host, projects, mostAttempts])
  return rows.map(({ operation, in_ms }) => ({ operation, startableInMs: in_ms }))
}
