import { type Connection, int, prepare, query, text } from '../sql/statement.ts'

/** A claim of a run, by the fence that numbers it. */
export interface ClaimKey {
  readonly runId: string
  readonly fence: number
}

const LIVE = prepare({
  name: 'live-claims',
  row: {
    runId: text,
    fence: int,
  },
  text: `
SELECT asked.run_id AS "runId", asked.fence
FROM unnest($1::text[], $2::int[]) AS asked(run_id, fence)
JOIN run ON run.id = asked.run_id AND run.fence = asked.fence AND run.lease_owner IS NOT NULL
  AND (run.settled_at IS NULL OR run.lease_expires_at > clock_timestamp())`,
})

/**
 * Those of the claims that are still on their runs' rows. The claim of a settled run may stay there, and ends when its
 * lease expires.
 */
export function findLiveClaims(connection: Connection, claims: readonly ClaimKey[]): Promise<ClaimKey[]> {
  const values = [claims.map(({ runId }) => runId), claims.map(({ fence }) => fence)]
  return query(connection, LIVE, values)
}
