import { type Prepared, type Connection, query } from '../../sql/openStore.ts'

const FIND_CHILDREN: Prepared = {
  name: 'find-active-children',
  text: 'SELECT id, detached FROM run WHERE parent_id = $1 AND settled_at IS NULL ORDER BY id',
}

/** A child that is not settled. */
export interface ActiveChild {
  readonly id: string
  readonly detached: boolean
}

/** The children of a run that are not settled, in the order of their ids. */
export function findActiveChildren(connection: Connection, parentId: string): Promise<ActiveChild[]> {
  return query<{ id: string; detached: boolean }>(connection, FIND_CHILDREN, [parentId])
}
