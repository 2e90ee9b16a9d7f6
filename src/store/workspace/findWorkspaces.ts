import { type Prepared, type Connection, query } from '../sql/openStore.ts'
import { SHOWN, type LoadedWorkspace, type ShownRow, toLoadedWorkspace } from './loadedWorkspace.ts'

const FIND: Prepared = {
  name: 'find-workspaces',
  text: `SELECT ${SHOWN} FROM workspace w WHERE w.id = ANY($1::text[])`,
}

/** The workspaces with these ids, in any order; ids that name nothing are left out. */
export async function findWorkspaces(
  connection: Connection,
  ids: readonly string[],
): Promise<LoadedWorkspace[]> {
  return (await query<ShownRow>(connection, FIND, [ids])).map(toLoadedWorkspace)
}
