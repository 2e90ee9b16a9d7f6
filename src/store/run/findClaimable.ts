import { type Connection, type Prepared, query } from '../sql/openStore.ts'

/** What a worker can do. */
export interface ClaimFilter {
  /** Names of workflows; null: any. */
  readonly workflows: readonly string[] | null
  /** Labels that a run must all carry. */
  readonly labels: readonly string[]
  /** Projects; null: any. */
  readonly projects: readonly string[] | null
}

/** Without the look at the number of labels, the plan for any of them reads the whole index of labels where none is asked for. */
const MATCHES = `($1::text[] IS NULL OR r.workflow_id = ANY(ARRAY(SELECT w.id FROM workflow w WHERE w.name = ANY($1))))
    AND (cardinality($2::text[]) = 0 OR r.labels @> $2) AND ($3::text[] IS NULL OR r.project = ANY($3))`

/** A run that waits for its children is passed over while one that is attached is active. */
const CLAIMABLE = `NOT (r.awaits_children AND EXISTS (
    SELECT FROM run c WHERE c.parent_id = r.id AND c.settled_at IS NULL AND NOT c.detached))`

/** Queued runs come in the order of their index; held ones, whose owner may be lost, are as many as work is going on. */
const FIND_CLAIMABLE: Prepared = {
  name: 'find-claimable',
  text: `
(SELECT r.id, r.status_at FROM run r WHERE r.status = 'QUEUED' AND (r.not_before IS NULL OR r.not_before <= clock_timestamp()) AND ${CLAIMABLE} AND ${MATCHES} ORDER BY r.status_at, r.id LIMIT $4)
UNION ALL
(SELECT r.id, r.status_at FROM run r
  WHERE r.status = 'RUNNING' AND r.lease_expires_at <= clock_timestamp() AND ${MATCHES} ORDER BY r.status_at, r.id LIMIT $4)
ORDER BY status_at, id LIMIT $4`,
}

const UNTIL_CLAIMABLE: Prepared = {
  name: 'until-claimable',
  text: `
SELECT ceil(extract(epoch from min(r.not_before) - clock_timestamp()))::int AS seconds FROM run r
WHERE r.status = 'QUEUED' AND r.not_before > clock_timestamp() AND ${MATCHES}`,
}

/** In how many seconds, at least 1, the next of the runs that wait for a moment may be claimed; null where none does. */
export async function untilClaimable(
  connection: Connection,
  { workflows, labels, projects }: ClaimFilter,
): Promise<number | null> {
  const values = [workflows, labels, projects]
  const [row] = await query<{ seconds: number | null }>(connection, UNTIL_CLAIMABLE, values)
  return row?.seconds == null ? null : Math.max(1, row.seconds)
}

/**
 * Ids of runs that wait for an owner, those that have waited longest first. Some may be gone by the time they are
 * claimed: the claim itself decides.
 */
export async function findClaimable(
  connection: Connection,
  filter: ClaimFilter,
  limit: number,
): Promise<string[]> {
  const { workflows, labels, projects } = filter
  const rows = await query<{ id: string }>(connection, FIND_CLAIMABLE, [workflows, labels, projects, limit])
  return rows.map(({ id }) => id)
}
