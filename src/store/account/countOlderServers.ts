import { type Connection, int, prepare, query } from '../sql/statement.ts'
import { READS } from '../sql/serverSessions.ts'

const COUNT = prepare({
  name: 'count-older-servers',
  row: { count: int },
  text: `
SELECT count(*)::int AS count FROM pg_stat_activity
WHERE datname = current_database() AND application_name ~ '^pawl signals( [0-9]+)?$'
  AND coalesce(substring(application_name FROM '[0-9]+')::int, 1) < $1`,
})

/** How many servers work on this database that can't read all that this version writes, by the sessions with which they listen. */
export async function countOlderServers(connection: Connection): Promise<number> {
  const [row] = await query(connection, COUNT, [READS])
  return row?.count ?? 0
}
