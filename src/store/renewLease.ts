import type { Instant } from '../lifecycle/run.ts'
import { type Connection, type Prepared, run } from './openStore.ts'

/**
 * One guarded statement, without event or revision. The row is locked first and judged after the wait by the clock,
 * because a condition in the UPDATE is not looked at again after a wait that changed nothing, and `now()` is when the
 * statement began.
 */
const RENEW: Prepared = {
  name: 'renew-lease',
  text: `
WITH held AS MATERIALIZED (
  SELECT id, fence, status, status_at, lease_owner, lease_seconds, lease_expires_at FROM run WHERE id = $1 FOR UPDATE
)
UPDATE run r
SET lease_expires_at = clock_timestamp() + make_interval(secs => coalesce($3::int, held.lease_seconds))
FROM held
WHERE r.id = held.id AND held.lease_owner IS NOT NULL AND held.fence = $2
  AND held.lease_expires_at > clock_timestamp()
  AND (held.status IN ('RUNNING', 'AWAITING_APPROVAL', 'PAUSED')
    OR held.status = 'CANCELLING' AND clock_timestamp() < held.status_at + make_interval(secs => $4))
RETURNING r.lease_expires_at`,
}

/** Which lease to renew, and for how long. */
export interface Renewal {
  readonly runId: string
  readonly fence: number
  /** Seconds from now; null: the period of the claim. */
  readonly leaseSeconds: number | null
  readonly cancelGraceSeconds: number
}

/** Renews a live lease. Returns when it expires now; null where the fence holds no live lease. */
export async function renewLease(connection: Connection, renewal: Renewal): Promise<Instant | null> {
  const { runId, fence, leaseSeconds, cancelGraceSeconds } = renewal
  const [row] = await run<{ lease_expires_at: Date }>(connection, RENEW, [
    runId,
    fence,
    leaseSeconds,
    cancelGraceSeconds,
  ])
  return row?.lease_expires_at.getTime() ?? null
}
