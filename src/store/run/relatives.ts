import { type Connection, type Prepared, query } from '../sql/openStore.ts'

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

const COUNT_CLOSED: Prepared = {
  name: 'count-closed-below',
  text: `
WITH RECURSIVE below AS (
  SELECT id, status, reason FROM run WHERE parent_id = $1
  UNION ALL SELECT r.id, r.status, r.reason FROM below b JOIN run r ON r.parent_id = b.id
)
SELECT count(*)::int AS count FROM below WHERE status = 'CANCELLED' AND reason = 'CLOSED_BY_PARENT'`,
}

/** How many runs below a run were cancelled because a run above them was, or settled undone. */
export async function countClosedDescendants(connection: Connection, id: string): Promise<number> {
  const [row] = await query<{ count: number }>(connection, COUNT_CLOSED, [id])
  return row?.count ?? 0
}

const MARK_TOLD: Prepared = {
  name: 'mark-parent-told',
  text: 'UPDATE run SET parent_told = true WHERE id = $1 AND epoch = $2 AND settled_at IS NOT NULL AND NOT parent_told',
}

/** Notes that the parent of a settled run was told of this epoch's end. */
export async function markParentNotified(connection: Connection, id: string, epoch: number): Promise<void> {
  await query(connection, MARK_TOLD, [id, epoch])
}

const FIND_OWED: Prepared = {
  name: 'find-owed',
  text: `
(SELECT c.id, true AS close FROM run p JOIN run c ON c.parent_id = p.id
 WHERE c.settled_at IS NULL AND c.status <> 'CANCELLING' AND c.parent_id IS NOT NULL AND NOT c.detached
   AND p.status IN ('CANCELLING', 'FAILED', 'CANCELLED', 'EXPIRED') AND p.cascade)
UNION ALL
(SELECT id, false FROM run WHERE parent_id IS NOT NULL AND settled_at IS NOT NULL AND NOT parent_told)
ORDER BY id LIMIT $1`,
}

/** A debt between a child and its parent: the child is to be cancelled, or the parent to be told of its end. */
export interface PendingFamilyUpdate {
  readonly id: string
  readonly close: boolean
}

/** What was left unpaid by a server that died between two applies. */
export function findPendingFamilyUpdates(
  connection: Connection,
  limit: number,
): Promise<PendingFamilyUpdate[]> {
  return query<{ id: string; close: boolean }>(connection, FIND_OWED, [limit])
}
