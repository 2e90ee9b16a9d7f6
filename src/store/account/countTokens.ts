import { type Connection, int, prepare, query, text } from '../sql/statement.ts'

const COUNT = prepare({
  name: 'count-tokens-of-projects',
  row: { project: text, count: int },
  text: `
SELECT p.name AS project, count(*)::int AS count
FROM token t CROSS JOIN LATERAL (SELECT DISTINCT unnest(t.projects)) p (name)
WHERE p.name = ANY($1::text[]) AND t.revoked_at IS NULL AND ($2::text[] IS NULL OR t.projects <@ $2::text[])
GROUP BY p.name`,
})

/**
 * The number of tokens that were not revoked and are limited to each project, alone or among others; a project without any is left out.
 *
 * @param reach only those that are limited to some of these projects; null: all
 */
export function countTokens(
  connection: Connection,
  projects: readonly string[],
  reach: readonly string[] | null,
): Promise<{ readonly project: string; readonly count: number }[]> {
  return query(connection, COUNT, [projects, reach])
}
