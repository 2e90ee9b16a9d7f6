import { type Connection, int, prepare, query } from '../../sql/statement.ts'

const COUNT_CLOSED = prepare({
  name: 'count-closed-below',
  row: {
    count: int,
  },
  text: `
WITH RECURSIVE below AS (
  SELECT id, status, reason FROM run WHERE parent_id = $1
  UNION ALL SELECT r.id, r.status, r.reason FROM below b JOIN run r ON r.parent_id = b.id
)
SELECT count(*)::int AS count FROM below WHERE status = 'CANCELLED' AND reason = 'CLOSED_BY_PARENT'`,
})

/** The number of a run's descendants that were cancelled with reason CLOSED_BY_PARENT. */
export async function countClosedDescendants(connection: Connection, id: string): Promise<number> {
  const [row] = await query(connection, COUNT_CLOSED, [id])
  return row?.count ?? 0
}
