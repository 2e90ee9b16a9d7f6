import { type Connection, prepare, query, text } from '../../sql/statement.ts'

const FIND_DUE = prepare({
  name: 'find-due',
  row: {
    id: text,
  },
  text: `
(SELECT id FROM run WHERE settled_at IS NULL AND (due_at <= clock_timestamp() OR lease_expires_at <= clock_timestamp())
  AND ($2::text[] IS NULL OR project = ANY($2)))
UNION ALL
(SELECT id FROM run WHERE settled_at IS NOT NULL AND lease_owner IS NOT NULL AND lease_expires_at <= clock_timestamp()
  AND ($2::text[] IS NULL OR project = ANY($2)))
ORDER BY id LIMIT $1`,
})

/**
 * Ids of runs for which something may be due, ordered by id; the lifecycle rules decide about each.
 *
 * @param projects null: every project
 */
export async function findDue(
  connection: Connection,
  limit: number,
  projects: readonly string[] | null,
): Promise<string[]> {
  const rows = await query(connection, FIND_DUE, [limit, projects])
  return rows.map(({ id }) => id)
}
