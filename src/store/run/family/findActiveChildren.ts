import { column, type Connection, prepare, query } from '../../sql/statement.ts'

const FIND_CHILDREN = prepare({
  name: 'find-active-children',
  row: {
    id: column('run', 'id'),
    detached: column('run', 'detached'),
  },
  text: 'SELECT id, detached FROM run WHERE parent_id = $1 AND settled_at IS NULL ORDER BY id',
})

/** A child that is not settled. */
export interface ActiveChild {
  readonly id: string
  readonly detached: boolean
}

/** The children of a run that are not settled, ordered by id. */
export function findActiveChildren(connection: Connection, parentId: string): Promise<ActiveChild[]> {
  return query(connection, FIND_CHILDREN, [parentId])
}
