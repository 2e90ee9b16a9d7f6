import { present, column, type Connection, prepare, query } from '../sql/statement.ts'

const PATCHES = prepare({
  name: 'find-workspace-patches',
  row: {
    id: column('workspace_operation', 'id'),
    patch: present(column('workspace_operation', 'patch')),
  },
  text: 'SELECT id, patch FROM workspace_operation WHERE id = ANY($1::text[]) AND patch IS NOT NULL',
})

/** The patches of operations, in any order; a patch superseded by a later one no longer exists. */
export function findPatches(
  connection: Connection,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly patch: string }[]> {
  return query(connection, PATCHES, [ids])
}
