import { bool, type Connection, prepare, query, text } from '../../sql/statement.ts'

const FIND_OWED = prepare({
  name: 'find-pending-family-updates',
  row: {
    id: text,
    close: bool,
  },
  text: `
(SELECT c.id, true AS close FROM run p JOIN run c ON c.parent_id = p.id
 WHERE c.settled_at IS NULL AND c.status <> 'CANCELLING' AND c.parent_id IS NOT NULL AND NOT c.detached
   AND p.status IN ('CANCELLING', 'FAILED', 'CANCELLED', 'EXPIRED') AND p.cascade)
UNION ALL
(SELECT id, false FROM run WHERE parent_id IS NOT NULL AND settled_at IS NOT NULL AND NOT parent_told)
ORDER BY id LIMIT $1`,
})

/**
 * An update pending between a child and its parent: if `close`, the child is to be cancelled; otherwise the parent is
 * to be notified of the child's end.
 */
export interface PendingFamilyUpdate {
  readonly id: string
  readonly close: boolean
}

/** Updates left pending by a server that died between two applies. */
export function findPendingFamilyUpdates(
  connection: Connection,
  limit: number,
): Promise<PendingFamilyUpdate[]> {
  return query(connection, FIND_OWED, [limit])
}
