import { column, type Connection, prepare, query } from '../sql/statement.ts'

const LIST_IDS = prepare({
  name: 'list-run-ids',
  row: {
    id: column('run', 'id'),
  },
  text: 'SELECT id FROM run WHERE id > $1 AND ($3::text[] IS NULL OR project = ANY($3)) ORDER BY id LIMIT $2',
})

/**
 * Ids of all runs after the given id, ordered by id.
 *
 * @param projects null: every project
 */
export async function listRunIds(
  connection: Connection,
  after: string,
  limit: number,
  projects: readonly string[] | null,
): Promise<string[]> {
  const rows = await query(connection, LIST_IDS, [after, limit, projects])
  return rows.map(({ id }) => id)
}
