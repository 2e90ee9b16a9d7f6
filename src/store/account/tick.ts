import { column, type Connection, int, nullable, prepare, query } from '../sql/statement.ts'

/** Age at which the servers' heartbeat is stale, in seconds. */
export const TICK_STALE_AFTER_SECONDS = 5

const TICK = prepare({
  name: 'tick',
  row: {
    beat: column('installation', 'beat'),
    restored_at: column('installation', 'restored_at'),
  },
  text: `
UPDATE installation SET tick_at = clock_timestamp(), beat = beat + 1
WHERE tick_at >= clock_timestamp() - make_interval(secs => $1)
RETURNING beat, restored_at`,
})

/** SQL: true if a timestamp of a run passed while no server was watching. */
const expiredIn = (column: string): string =>
  `(run.${column} > slept.since AND run.${column} <= clock_timestamp())`

const WAKE = prepare({
  name: 'wake',
  row: {
    moved: int,
    beat: nullable(column('installation', 'beat')),
    restored_at: column('installation', 'restored_at'),
  },
  text: `
WITH slept AS MATERIALIZED (
  SELECT tick_at AS since FROM installation WHERE tick_at < clock_timestamp() - make_interval(secs => $1) FOR UPDATE
), moved AS (
  -- both at once: of two updates of one row in a statement only one takes place
  UPDATE run SET
    lease_expires_at = CASE WHEN ${expiredIn('lease_expires_at')}
      THEN clock_timestamp() + make_interval(secs => lease_seconds) ELSE lease_expires_at END,
    grace_ends_at = CASE WHEN ${expiredIn('grace_ends_at')}
      THEN clock_timestamp() + make_interval(secs => grace_seconds) ELSE grace_ends_at END
  FROM slept
  -- active, or settled and still held: each has its index, and together they are all that have a lease
  WHERE (run.settled_at IS NULL OR run.settled_at IS NOT NULL AND run.lease_owner IS NOT NULL)
    AND (${expiredIn('lease_expires_at')} OR ${expiredIn('grace_ends_at')})
  RETURNING run.id
), supervised AS (
  -- a supervisor that slept too gets its chance to say so
  UPDATE execution SET touched_at = clock_timestamp() FROM slept WHERE run_id IS NULL AND "end" IS NULL
), told AS (
  UPDATE installation SET tick_at = clock_timestamp(), beat = beat + 1 FROM slept RETURNING beat, restored_at
)
SELECT (SELECT count(*)::int FROM moved) AS moved, told.beat, told.restored_at FROM (SELECT) one LEFT JOIN told ON true`,
})

/** A heartbeat that was recorded. */
export interface Heartbeat {
  /** For how many runs a lease or a grace was extended. */
  readonly moved: number
  /** Its number, higher than that of any heartbeat before; null if another server recorded one at the same time. */
  readonly beat: number | null
  /** When the database was last recognized as restored from a backup; null if it never was. */
  readonly restoredAt: Date | null
}

/**
 * Records the heartbeat of a server. If it was stale (all servers were down, or the machine slept), the same statement
 * first extends every lease that expired in between to now plus its period, and every grace likewise, so that an owner
 * that slept too can still renew or confirm. */
export async function tick(connection: Connection): Promise<Heartbeat> {
  const [fresh] = await query(connection, TICK, [TICK_STALE_AFTER_SECONDS])
  if (fresh) return { moved: 0, beat: fresh.beat, restoredAt: fresh.restored_at }
  const [woken] = await query(connection, WAKE, [TICK_STALE_AFTER_SECONDS])
  const { moved = 0, beat = null, restored_at: restoredAt = null } = woken ?? {}
  return { moved, beat, restoredAt }
}
