import { column, type Connection, prepare, query } from '../sql/statement.ts'

const FIND_ACTIVE = prepare({
  name: 'find-active',
  row: {
    id: column('run', 'id'),
  },
  text: `
SELECT id FROM run WHERE settled_at IS NULL AND ($1::text[] IS NULL OR project = ANY($1)) ORDER BY created_at DESC, id DESC LIMIT $2`,
})

/** Ids of runs that are not settled, newest first; `projects` null: any project. */
export async function findActive(
  connection: Connection,
  projects: readonly string[] | null,
  limit: number,
): Promise<string[]> {
  const rows = await query(connection, FIND_ACTIVE, [projects, limit])
  return rows.map(({ id }) => id)
}
