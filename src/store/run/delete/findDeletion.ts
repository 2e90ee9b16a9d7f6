import { type Prepared, type Connection, query } from '../../sql/openStore.ts'
import type { Json } from '../../../lifecycle/run/run.ts'

const FIND_DELETION: Prepared = {
  name: 'find-deletion',
  text: `SELECT run_id, project, request FROM tombstone WHERE run_id = $1 AND key = $2`,
}

/** The deletion of this run under this key, where there was one. */
export async function findDeletion(
  connection: Connection,
  runId: string,
  key: string,
): Promise<{ runId: string; project: string; request: Json } | null> {
  const [row] = await query<{ run_id: string; project: string; request: Json }>(connection, FIND_DELETION, [
    runId,
    key,
  ])
  return row ? { runId: row.run_id, project: row.project, request: row.request } : null
}
