import { column, type Connection, prepare, query } from '../sql/statement.ts'

/** The tables whose rows belong to a run and are the target of separate commands. */
export type CommandTarget = 'session' | 'approval' | 'message'

const find = <T extends CommandTarget>(table: T) =>
  prepare({
    name: `find-run-of-${table}`,
    row: { run_id: column(table, 'run_id') },
    text: `SELECT run_id FROM ${table} WHERE id = $1`,
  })

const FIND = { session: find('session'), approval: find('approval'), message: find('message') }

/** The id of the run that a row belongs to; null if the row does not exist. */
export async function findRunId(
  connection: Connection,
  table: CommandTarget,
  id: string,
): Promise<string | null> {
  const [row] = await query(connection, FIND[table], [id])
  return row?.run_id ?? null
}
