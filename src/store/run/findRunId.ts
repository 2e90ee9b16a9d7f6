import { type Prepared, type Connection, query } from '../sql/openStore.ts'

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
