import { column, type Connection, prepare, query } from '../../sql/statement.ts'

const FIND_HOLDER = prepare({
  name: 'find-holder',
  row: {
    id: column('run', 'id'),
  },
  text: `
SELECT id FROM run
WHERE project = $1 AND concurrency_key = $2 AND concurrency_key IS NOT NULL AND (settled_at IS NULL OR lease_owner IS NOT NULL)`,
})

/** The id of the run that holds a concurrency key; null if none does. The slot is derived, never counted. */
export async function findConcurrencyKeyHolder(
  connection: Connection,
  project: string,
  key: string,
): Promise<string | null> {
  const [row] = await query(connection, FIND_HOLDER, [project, key])
  return row?.id ?? null
}
