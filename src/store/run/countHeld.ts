import { column, type Connection, int, prepare, query } from '../sql/statement.ts'
import { isVisible } from './family/isVisible.ts'
import type { Visibility } from './runFilter.ts'

const COUNT = prepare({
  name: 'count-held-runs',
  row: { id: column('worker', 'id'), count: int },
  text: `
SELECT w.id, count(*)::int AS count
FROM worker w JOIN run r ON r.lease_owner = w.name AND r.claimed_by_id = w.principal_id
WHERE w.id = ANY($1::text[]) AND (r.settled_at IS NULL OR r.lease_owner IS NOT NULL) AND ${isVisible('$2', '$3')}
GROUP BY w.id`,
})

/** The number of runs that each worker holds and that a reader may see; a worker without any is left out. */
export function countHeldRuns(
  connection: Connection,
  workerIds: readonly string[],
  { projects, runId }: Visibility,
): Promise<{ readonly id: string; readonly count: number }[]> {
  return query(connection, COUNT, [workerIds, projects, runId])
}
