import { isSettledStatus, type RunStatus } from '../../lifecycle/run/enums.ts'
import { Prisma } from '../generated/client.ts'
import { type AnswerColumn, column, type Connection, int, queryComposed } from '../sql/statement.ts'
import {
  type ResolvedFilter,
  resolveFilter,
  type RunFilter,
  type Visibility,
  statusesOf,
  whereRuns,
  whereStatus,
} from './runFilter.ts'

/**
 * Maximum count of settled runs. Their number grows without bound, and counting costs time in proportion; active runs
 * are always counted completely.
 */
export const COUNTED = 10_000

/** Uses the order of an index, so that the planner gains nothing from a sequential scan of the table. */
const NEWEST = Prisma.sql`ORDER BY r.created_at DESC, r.id DESC LIMIT ${COUNTED + 1}`

const STATUS: AnswerColumn<RunStatus> = column('run', 'status')

/** The number of runs with a status. */
export interface StatusCount {
  readonly status: RunStatus
  readonly count: number
  /** False if there are more than were counted. */
  readonly isExact: boolean
}

/** The number of matching runs; null if it exceeds `COUNTED`. */
export async function countRuns(
  connection: Connection,
  filter: RunFilter,
  sight: Visibility,
): Promise<number | null> {
  const known = await resolveFilter(connection, filter)
  const parts = filter.outcomes
    ? statusesOf(filter).map((status) => whereStatus(known, status, sight))
    : [whereRuns(known, sight)]
  if (parts.length === 0) return 0
  const selects = parts.map((where) => Prisma.sql`(SELECT FROM run r WHERE ${where} ${NEWEST})`)
  const counted = Prisma.sql`SELECT count(*)::int AS count FROM (${Prisma.join(selects, ' UNION ALL ')}) m`
  const rows = await queryComposed(connection, counted, { count: int })
  const count = rows[0]?.count ?? 0
  return count > COUNTED ? null : count
}

/** The number of matching runs by status, for each status that can match, in lifecycle order. */
export async function countRunsByStatus(
  connection: Connection,
  filter: RunFilter,
  sight: Visibility,
): Promise<StatusCount[]> {
  const statuses = statusesOf(filter)
  if (statuses.length === 0) return []
  const known = await resolveFilter(connection, filter)
  const counts = statuses.map((status) => countOne(status, known, sight))
  const rows = await queryComposed(connection, Prisma.join(counts, ' UNION ALL '), {
    status: STATUS,
    count: int,
  })
  const found = new Map(rows.map(({ status, count }) => [status, count]))
  return statuses.map((status) => {
    const count = found.get(status) ?? 0
    const isExact = !isSettledStatus(status) || count <= COUNTED
    return { status, count: isExact ? count : COUNTED, isExact }
  })
}

function countOne(status: RunStatus, filter: ResolvedFilter, sight: Visibility): Prisma.Sql {
  const where = whereStatus(filter, status, sight)
  const limit = isSettledStatus(status) ? NEWEST : Prisma.empty
  return Prisma.sql`
SELECT ${status}::run_status AS status, (SELECT count(*)::int FROM (SELECT FROM run r WHERE ${where} ${limit}) m) AS count`
}
