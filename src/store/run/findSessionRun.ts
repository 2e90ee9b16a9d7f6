import { type Prepared, type Connection, query } from '../sql/openStore.ts'

const FIND_BEHIND: Prepared = {
  name: 'find-run-behind-session',
  text: 'SELECT r.id, r.project FROM session s JOIN run r ON r.id = s.run_id WHERE s.id = $1',
}

/** What must be known of a session's run to say who has business with it; undefined where there is no such session. */
export async function findSessionRun(
  connection: Connection,
  sessionId: string,
): Promise<{ readonly id: string; readonly project: string } | undefined> {
  const [row] = await query<{ id: string; project: string }>(connection, FIND_BEHIND, [sessionId])
  return row
}
