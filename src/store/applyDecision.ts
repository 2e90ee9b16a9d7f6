import type { RunEvent } from '../lifecycle/events.ts'
import type { Instant, Run } from '../lifecycle/run.ts'
import { type Connection, type Prepared, run as send } from './openStore.ts'
import { toReleaseKey } from './releaseKey.ts'
import { type Beside, rowsBelow } from './rowsBelow.ts'
import { toDate, toRunJson } from './runRows.ts'
import { writeBelow } from './tablesBelow.ts'

/** What to write of a decision. */
export interface Change extends Beside {
  readonly before: Run
  readonly after: Run
  readonly events: readonly RunEvent[]
  /** When the sweep should next look at the run. */
  readonly dueAt: Instant | null
}

/** The one statement that changes a run: guarded by the revision, and by the lease, that were decided on (G1). */
const APPLY: Prepared = {
  name: 'apply-decision',
  text: `
WITH guard AS (
  UPDATE run r SET
    status = n.status, reason = n.reason, error = n.error, cancel_confirmed = n.cancel_confirmed, cancel_reason = n.cancel_reason, cascade = n.cascade,
    epoch = n.epoch, revision = n.revision, round = n.round, completed_round = n.completed_round,
    round_complete = n.round_complete, current_phase = n.current_phase, output = n.output, fence = n.fence,
    claimants = n.claimants,
    -- that of the last claim stays when it ends: a settled run's claim ends without a revision
    claimed_by = CASE WHEN n.lease_owner IS NULL THEN r.claimed_by ELSE n.claimed_by END,
    claimed_by_id = CASE WHEN n.lease_owner IS NULL THEN r.claimed_by_id ELSE n.claimed_by_id END,
    lease_owner = n.lease_owner, lease_seconds = n.lease_seconds, lease_expires_at = n.lease_expires_at,
    release_key = coalesce($6, r.release_key), resumes = n.resumes, takeovers = n.takeovers, epoch_at = n.epoch_at,
    not_before = n.not_before, waits_for = n.waits_for, queued_from = n.queued_from, away_ms = n.away_ms,
    status_at = n.status_at, started_at = n.started_at, settled_at = n.settled_at,
    last_activity_at = greatest(r.last_activity_at, n.last_activity_at), due_at = n.due_at,
    parent_told = CASE WHEN r.settled_at IS DISTINCT FROM n.settled_at THEN r.parent_id IS NULL ELSE r.parent_told END
  FROM jsonb_populate_record(NULL::run, $4::jsonb) n
  WHERE r.id = $1 AND r.revision = $2 AND r.lease_expires_at IS NOT DISTINCT FROM $3::timestamptz
  RETURNING r.id
), ${writeBelow('$5')}
SELECT id FROM guard`,
}

/**
 * Writes a decision: the run, the rows below it and the events, together or not at all. Returns false where somebody
 * was first: nothing was written then, and it is to be decided anew.
 */
export async function applyDecision(connection: Connection, change: Change): Promise<boolean> {
  const { before, after, events, dueAt, key } = change
  const rows = await send(connection, APPLY, [
    before.id,
    before.revision,
    toDate(before.claim?.expiresAt ?? null),
    toRunJson(after, dueAt),
    JSON.stringify(rowsBelow(before, after, events, change)),
    // a release after settling leaves no event to keep its key on
    events.length === 0 && key?.operation === 'releaseRun' ? toReleaseKey(before.fence, key.key) : null,
  ])
  return rows.length === 1
}
