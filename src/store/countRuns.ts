import type { RunStatus } from '../lifecycle/words.ts'
import { Prisma } from './generated/client.ts'
import type { Connection } from './openStore.ts'
import { type RunFilter, type Sight, whereRuns } from './runFilter.ts'

/** How many runs match. */
export async function countRuns(connection: Connection, filter: RunFilter, sight: Sight): Promise<number> {
  const { text, values } =
    Prisma.sql`SELECT count(*)::int AS count FROM run r WHERE ${whereRuns(filter, sight)}`
  const { rows } = await connection.query<{ count: number }>(text, values)
  return rows[0]?.count ?? 0
}

/** How many runs match, by status; a status that none has is left out. */
export async function countRunsByStatus(
  connection: Connection,
  filter: RunFilter,
  sight: Sight,
): Promise<Map<RunStatus, number>> {
  const { text, values } = Prisma.sql`
SELECT r.status, count(*)::int AS count FROM run r WHERE ${whereRuns(filter, sight)} GROUP BY r.status`
  const { rows } = await connection.query<{ status: RunStatus; count: number }>(text, values)
  return new Map(rows.map(({ status, count }) => [status, count]))
}
