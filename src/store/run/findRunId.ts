import { type Connection, type Prepared, query } from '../sql/openStore.ts'

/** The tables whose rows hang below a run and are named by commands of their own. */
export type CommandTarget = 'session' | 'approval' | 'message'

const FIND: { readonly [T in CommandTarget]: Prepared } = {
  session: { name: 'find-run-of-session', text: 'SELECT run_id FROM session WHERE id = $1' },
  approval: { name: 'find-run-of-approval', text: 'SELECT run_id FROM approval WHERE id = $1' },
  message: { name: 'find-run-of-message', text: 'SELECT run_id FROM message WHERE id = $1' },
}

/** The id of the run that a row hangs below; null where there is no such row. */
export async function findRunId(
  connection: Connection,
  table: CommandTarget,
  id: string,
): Promise<string | null> {
  const [row] = await query<{ run_id: string }>(connection, FIND[table], [id])
  return row?.run_id ?? null
}

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
