import type { Instant } from '../../lifecycle/run/run.ts'
import { type Connection, type Prepared, query } from '../sql/openStore.ts'

const FIND_DUE: Prepared = {
  name: 'find-due',
  text: `
(SELECT id FROM run WHERE settled_at IS NULL AND (due_at <= clock_timestamp() OR lease_expires_at <= clock_timestamp())
  AND ($2::text[] IS NULL OR project = ANY($2)))
UNION ALL
(SELECT id FROM run WHERE settled_at IS NOT NULL AND lease_owner IS NOT NULL AND lease_expires_at <= clock_timestamp()
  AND ($2::text[] IS NULL OR project = ANY($2)))
ORDER BY id LIMIT $1`,
}

/**
 * Ids of runs for which something may be due, in order: the rules themselves are asked about each.
 *
 * @param projects null: of every project
 */
export async function findDue(
  connection: Connection,
  limit: number,
  projects: readonly string[] | null,
): Promise<string[]> {
  const rows = await query<{ id: string }>(connection, FIND_DUE, [limit, projects])
  return rows.map(({ id }) => id)
}

const NEXT_DUE: Prepared = {
  name: 'next-due',
  text: `
SELECT round(extract(epoch from least(min(due_at), min(lease_expires_at)) - clock_timestamp()) * 1000)::float8 AS ms
FROM run WHERE settled_at IS NULL`,
}

/** How long until something may be due, in milliseconds, at least 0; null where nothing ever is. */
export async function untilNextDue(connection: Connection): Promise<number | null> {
  const [row] = await query<{ ms: number | null }>(connection, NEXT_DUE, [])
  return row?.ms == null ? null : Math.max(0, row.ms)
}

const DEFER: Prepared = {
  name: 'defer-due',
  text: `UPDATE run SET due_at = $3::timestamptz WHERE id = $1 AND revision = $2`,
}

/** Notes when to look at a run again, where looking at it found nothing due. */
export async function deferDue(
  connection: Connection,
  runId: string,
  revision: number,
  dueAt: Instant | null,
): Promise<void> {
  await query(connection, DEFER, [runId, revision, dueAt === null ? null : new Date(dueAt).toISOString()])
}
