import { column, type Connection, prepare, query } from '../sql/statement.ts'

const FIND_BEHIND = prepare({
  name: 'find-run-behind-session',
  row: {
    id: column('run', 'id'),
    project: column('run', 'project'),
  },
  text: 'SELECT r.id, r.project FROM session s JOIN run r ON r.id = s.run_id WHERE s.id = $1',
})

/** What is needed of a session's run to authorize access to the session; undefined if the session does not exist. */
export async function findSessionRun(
  connection: Connection,
  sessionId: string,
): Promise<{ readonly id: string; readonly project: string } | undefined> {
  const [row] = await query(connection, FIND_BEHIND, [sessionId])
  return row
}
