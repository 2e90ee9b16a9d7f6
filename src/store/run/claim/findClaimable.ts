import { type Connection, moment, prepare, query, text } from '../../sql/statement.ts'
import { MATCHES, type ClaimFilter } from './claimFilter.ts'

/** A run that awaits its children is skipped while an attached child is active. */
const CLAIMABLE = `NOT (r.awaits_children AND EXISTS (
    SELECT FROM run c WHERE c.parent_id = r.id AND c.settled_at IS NULL AND NOT c.detached))`

/** A run whose agent asked a question in the middle of its turn lapses as a running one. */
const LAPSES = `(r.status = 'RUNNING' OR r.status = 'AWAITING_APPROVAL' AND EXISTS (
    SELECT FROM approval v WHERE v.run_id = r.id AND v.status = 'PENDING' AND v.kind IN ('PERMISSION', 'QUESTION')))`

/**
 * Queued runs come in the order of their index; there are only as many running ones, whose owner may be lost, as there
 * is work in progress.
 */
const FIND_CLAIMABLE = prepare({
  name: 'find-claimable',
  row: {
    id: text,
    status_at: moment,
  },
  text: `
(SELECT r.id, r.status_at FROM run r WHERE r.status = 'QUEUED' AND (r.not_before IS NULL OR r.not_before <= clock_timestamp()) AND ${CLAIMABLE} AND ${MATCHES} ORDER BY r.status_at, r.id LIMIT $4)
UNION ALL
(SELECT r.id, r.status_at FROM run r
  WHERE ${LAPSES} AND r.lease_expires_at <= clock_timestamp() AND ${MATCHES} ORDER BY r.status_at, r.id LIMIT $4)
ORDER BY status_at, id LIMIT $4`,
})

/**
 * Ids of runs that wait for an owner, longest wait first. Some may be taken by the time they are claimed: the claim
 * itself decides.
 */
export async function findClaimable(
  connection: Connection,
  filter: ClaimFilter,
  limit: number,
): Promise<string[]> {
  const { workflows, labels, projects } = filter
  const rows = await query(connection, FIND_CLAIMABLE, [workflows, labels, projects, limit])
  return rows.map(({ id }) => id)
}
