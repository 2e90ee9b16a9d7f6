import { column, type Connection, json, prepare, query } from '../../sql/statement.ts'
import type { Json } from '../../../lifecycle/run/run.ts'

const FIND_DELETION = prepare({
  name: 'find-deletion',
  row: {
    run_id: column('tombstone', 'run_id'),
    project: column('tombstone', 'project'),
    request: json<Json>(),
  },
  text: `SELECT run_id, project, request FROM tombstone WHERE run_id = $1 AND key = $2`,
})

/** The deletion of this run under this key; null if there was none. */
export async function findDeletion(
  connection: Connection,
  runId: string,
  key: string,
): Promise<{ runId: string; project: string; request: Json } | null> {
  const [row] = await query(connection, FIND_DELETION, [runId, key])
  return row ? { runId: row.run_id, project: row.project, request: row.request } : null
}
