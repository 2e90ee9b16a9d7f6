import { column, type Connection, int, prepare, query } from '../sql/statement.ts'

/** Age at which the servers' heartbeat is stale, in seconds. */
export const TICK_STALE_AFTER_SECONDS = 5

const TICK = prepare({
  name: 'tick',
  row: {
    id: column('installation', 'id'),
  },
  text: `
UPDATE installation SET tick_at = clock_timestamp()
WHERE tick_at >= clock_timestamp() - make_interval(secs => $1)
RETURNING id`,
})

/** SQL: true if a timestamp of a run passed while no server was watching. */
const expiredIn = (column: string): string =>
  `(run.${column} > slept.since AND run.${column} <= clock_timestamp())`

const WAKE = prepare({
  name: 'wake',
  row: {
    moved: int,
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
  UPDATE installation SET tick_at = clock_timestamp() FROM slept
)
SELECT count(*)::int AS moved FROM moved`,
})

/**
 * Records the heartbeat of a server. If it was stale (all servers were down, or the machine slept), the same statement
 * first extends every lease that expired in between to now plus its period, and every grace likewise, so that an owner
 * that slept too can still renew or confirm. Returns for how many runs a lease or a grace was extended.
 */
export async function tick(connection: Connection): Promise<number> {
  const fresh = await query(connection, TICK, [TICK_STALE_AFTER_SECONDS])
  if (fresh.length > 0) return 0
  const [woken] = await query(connection, WAKE, [TICK_STALE_AFTER_SECONDS])
  return woken?.moved ?? 0
}
