import { present, column, type Connection, prepare, query } from '../../sql/statement.ts'
import type { Instant } from '../../../lifecycle/run/run.ts'

/**
 * One guarded statement, without an event or a revision. It locks the row first and evaluates the guard after the wait,
 * by the clock, because PostgreSQL does not re-evaluate a condition of the UPDATE after a wait that changed nothing,
 * and `now()` is when the transaction began.
 */
const RENEW = prepare({
  name: 'renew-lease',
  row: {
    lease_expires_at: present(column('run', 'lease_expires_at')),
  },
  text: `
WITH held AS MATERIALIZED (
  SELECT id, fence, status, lease_owner, lease_expires_at,
    clock_timestamp() + make_interval(secs => coalesce($3::int, lease_seconds)) AS asked,
    CASE WHEN status = 'CANCELLING' THEN coalesce(grace_ends_at, status_at + make_interval(secs => $4)) END AS grace_ends_at
  FROM run WHERE id = $1 FOR UPDATE
)
UPDATE run r
SET lease_expires_at = CASE WHEN held.grace_ends_at IS NULL THEN held.asked
  ELSE greatest(held.lease_expires_at, least(held.asked, held.grace_ends_at)) END
FROM held
WHERE r.id = held.id AND held.lease_owner IS NOT NULL AND held.fence = $2
  AND held.lease_expires_at > clock_timestamp()
  AND (held.status IN ('RUNNING', 'AWAITING_APPROVAL', 'PAUSED')
    OR held.status = 'CANCELLING' AND clock_timestamp() < held.grace_ends_at)
RETURNING r.lease_expires_at`,
})

/** Which lease to renew, and for how long. */
export interface Renewal {
  readonly runId: string
  readonly fence: number
  /** Seconds from now; null: the lease period of the claim. */
  readonly leaseSeconds: number | null
  readonly cancelGraceSeconds: number
}

/**
 * Renews a live lease. The lease of a run being cancelled is never extended beyond its grace, and a renewal then never
 * shortens it. Returns when the lease now expires; null if the fence holds no live lease.
 */
export async function renewLease(connection: Connection, renewal: Renewal): Promise<Instant | null> {
  const { runId, fence, leaseSeconds, cancelGraceSeconds } = renewal
  const [row] = await query(connection, RENEW, [runId, fence, leaseSeconds, cancelGraceSeconds])
  return row?.lease_expires_at.getTime() ?? null
}
