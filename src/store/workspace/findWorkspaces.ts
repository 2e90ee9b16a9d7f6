import { type Connection, prepare, query } from '../sql/statement.ts'
import { SHOWN, type LoadedWorkspace, SHOWN_ROW, toLoadedWorkspace } from './loadedWorkspace.ts'

const FIND = prepare({
  name: 'find-workspaces',
  row: SHOWN_ROW,
  text: `SELECT ${SHOWN} FROM workspace w WHERE w.id = ANY($1::text[])`,
})

/** The workspaces with these ids, in any order; unknown ids are left out. */
export async function findWorkspaces(
  connection: Connection,
  ids: readonly string[],
): Promise<LoadedWorkspace[]> {
  return (await query(connection, FIND, [ids])).map(toLoadedWorkspace)
}
