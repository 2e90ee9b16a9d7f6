import { parseEvent, type RunEvent } from '../../lifecycle/run/events.ts'
import type { RunStatus } from '../../lifecycle/run/enums.ts'
import type { Instant } from '../../lifecycle/run/run.ts'
import { bool, column, type Connection, nullable, prepare, query } from '../sql/statement.ts'

/** An event with the id of its run. */
export type LoggedEvent = RunEvent & {
  readonly runId: string
  /** The idempotency key of the command that wrote it; null if it had none, or the key is stored elsewhere. */
  readonly key: string | null
}

/** A page of a run's log, and the run's state at the same snapshot. */
export interface EventPage {
  /** Ordered by `seq`, without gaps; empty if the cursor is at the end. */
  readonly events: readonly LoggedEvent[]
  /** The `seq` of the last event (G6). */
  readonly revision: number
  readonly status: RunStatus
  /** When its content was removed; null: it is kept. */
  readonly contentRemovedAt: Instant | null
  /** True if the lease of an active run has expired, so that a lapse is due (G5). */
  readonly leaseExpired: boolean
}

const READ_EVENTS = prepare({
  name: 'read-events',
  row: {
    revision: column('run', 'revision'),
    status: column('run', 'status'),
    content_removed_at: column('run', 'content_removed_at'),
    lease_expired: bool,
    seq: nullable(column('event', 'seq')),
    epoch: column('event', 'epoch'),
    type: column('event', 'type'),
    actor: column('event', 'actor'),
    actor_id: column('event', 'actor_id'),
    at: column('event', 'at'),
    payload: column('event', 'payload'),
    key: column('event', 'key'),
  },
  text: `
SELECT r.revision, r.status, r.content_removed_at, r.settled_at IS NULL AND coalesce(r.lease_expires_at <= clock_timestamp(), false) AS lease_expired,
  e.seq, e.epoch, e.type, e.actor, e.actor_id, e.at, e.payload, e.key
FROM run r
LEFT JOIN LATERAL (SELECT * FROM event WHERE run_id = r.id AND seq > $2 ORDER BY seq LIMIT $3) e ON true
WHERE r.id = $1
ORDER BY e.seq`,
})

interface Row {
  revision: number
  status: RunStatus
  content_removed_at: Date | null
  lease_expired: boolean
  /** Null if the page is empty, and so are the other columns of the event. */
  seq: number | null
  epoch: number
  type: string
  actor: string
  actor_id: string | null
  at: Date
  payload: unknown
  key: string | null
}

/**
 * Reads at most `limit` events of a run after a `seq` (0: from the beginning), at one snapshot; null if the run does
 * not exist.
 *
 * @throws if an event cannot be parsed
 */
export async function readEvents(
  connection: Connection,
  runId: string,
  after: number,
  limit: number,
): Promise<EventPage | null> {
  const rows = await query(connection, READ_EVENTS, [runId, after, limit])
  const [first] = rows
  if (!first) return null
  return {
    events: rows.flatMap((row) => toEvent(runId, row)),
    revision: first.revision,
    status: first.status,
    contentRemovedAt: first.content_removed_at?.getTime() ?? null,
    leaseExpired: first.lease_expired,
  }
}

function toEvent(runId: string, { seq, actor_id: actorId, at, ...row }: Row): LoggedEvent[] {
  if (seq === null) return []
  const { epoch, type, actor, payload, key } = row
  return [{ ...parseEvent({ seq, epoch, type, actor, actorId, at: at.getTime(), payload }), runId, key }]
}
