import { type Prepared, type Connection, query } from '../sql/openStore.ts'

const LIST_IDS: Prepared = {
  name: 'list-run-ids',
  text: 'SELECT id FROM run WHERE id > $1 AND ($3::text[] IS NULL OR project = ANY($3)) ORDER BY id LIMIT $2',
}

/**
 * Ids of all runs, in order, from after the one given.
 *
 * @param projects null: of every project
 */
export async function listRunIds(
  connection: Connection,
  after: string,
  limit: number,
  projects: readonly string[] | null,
): Promise<string[]> {
  const rows = await query<{ id: string }>(connection, LIST_IDS, [after, limit, projects])
  return rows.map(({ id }) => id)
}
