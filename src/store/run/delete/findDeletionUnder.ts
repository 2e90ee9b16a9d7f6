import { type Connection, json, prepare, query } from '../../sql/statement.ts'
import type { Json } from '../../../lifecycle/run/run.ts'

const FIND_DELETION_UNDER = prepare({
  name: 'find-deletion-under',
  row: {
    request: json<Json>(),
  },
  text: 'SELECT request FROM tombstone WHERE project = $1 AND key = $2',
})

/** The request of the deletion in this project under this key, of any run; null if there was none. */
export async function findDeletionUnder(
  connection: Connection,
  project: string,
  key: string,
): Promise<{ readonly request: Json } | null> {
  const [row] = await query(connection, FIND_DELETION_UNDER, [project, key])
  return row ?? null
}
