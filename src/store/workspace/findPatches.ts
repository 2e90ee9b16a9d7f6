import { type Prepared, type Connection, query } from '../sql/openStore.ts'

const PATCHES: Prepared = {
  name: 'find-workspace-patches',
  text: 'SELECT id, patch FROM workspace_operation WHERE id = ANY($1::text[]) AND patch IS NOT NULL',
}

/** The patches of operations, in any order; those that a later one took the place of are gone. */
export function findPatches(
  connection: Connection,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly patch: string }[]> {
  return query<{ id: string; patch: string }>(connection, PATCHES, [ids])
}
