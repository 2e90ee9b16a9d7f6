import { type Connection, int, nullable, prepare, query } from '../../sql/statement.ts'
import { MATCHES, type ClaimFilter } from './claimFilter.ts'

const UNTIL_CLAIMABLE = prepare({
  name: 'until-claimable',
  row: {
    seconds: nullable(int),
  },
  text: `
SELECT ceil(extract(epoch from min(r.not_before) - clock_timestamp()))::int AS seconds FROM run r
WHERE r.status = 'QUEUED' AND r.not_before > clock_timestamp() AND ${MATCHES}`,
})

/** Seconds, at least 1, until the next delayed run can be claimed; null if no run is delayed. */
export async function untilClaimable(
  connection: Connection,
  { workflows, labels, projects }: ClaimFilter,
): Promise<number | null> {
  const values = [workflows, labels, projects]
  const [row] = await query(connection, UNTIL_CLAIMABLE, values)
  return row?.seconds == null ? null : Math.max(1, row.seconds)
}
