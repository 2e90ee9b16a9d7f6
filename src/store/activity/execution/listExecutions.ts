import { type Visibility, isAnyOf } from '../../run/runFilter.ts'
import {
  type PageOrder,
  type PageRequest,
  type Page,
  AROUND,
  isBetween,
  orderBy,
  readAround,
  selectAround,
  toPage,
} from '../../sql/page.ts'
import { Prisma } from '../../generated/client.ts'
import { type Connection, json, queryComposed } from '../../sql/statement.ts'
import type { Execution } from '../../../lifecycle/run/run.ts'
import { EXECUTION_JSON } from '../../rows/selectWork.ts'

/** Which executions to list; a null field does not restrict. */
export interface ExecutionFilter {
  readonly runId: string | null
  readonly inFlight: boolean | null
}

/** Which executions a reader may see: those of the runs it sees, and of those without a run its own, or all. */
export interface ExecutionVisibility extends Visibility {
  /** The reading principal if it is limited to its own; null: sees every execution without a run. */
  readonly startedById: string | null
}

const order: PageOrder = { column: Prisma.sql`x.started_at`, id: Prisma.sql`x.id`, newestFirst: true }

const ROW = { ...AROUND, execution: json<Execution | null>() }

/** Lists executions, newest first. */
export async function listExecutions(
  connection: Connection,
  filter: ExecutionFilter,
  sight: ExecutionVisibility,
  page: PageRequest,
): Promise<Page<Execution>> {
  const from = Prisma.sql`FROM execution x WHERE ${where(filter, sight)}`
  const listing = Prisma.sql`
SELECT ${selectAround([{ from, order }], page)}, listed.execution FROM (SELECT 1) AS always LEFT JOIN LATERAL (
  SELECT ${Prisma.raw(EXECUTION_JSON)} AS execution ${from} AND ${isBetween(order, page)}
  ${orderBy(order, page)} LIMIT ${page.limit + 1}
) listed ON true`
  const rows = await queryComposed(connection, listing, ROW)
  const executions = rows.flatMap(({ execution }) => (execution ? [execution] : []))
  return toPage(executions, page, readAround(rows))
}

function where({ runId, inFlight }: ExecutionFilter, sight: ExecutionVisibility): Prisma.Sql {
  const all = [Prisma.sql`true`]
  if (runId !== null) all.push(Prisma.sql`x.run_id = ${runId}`)
  if (inFlight !== null) all.push(inFlight ? Prisma.sql`x."end" IS NULL` : Prisma.sql`x."end" IS NOT NULL`)
  if (sight.runId !== null) all.push(Prisma.sql`x.run_id = ${sight.runId}`)
  all.push(isVisible(sight))
  return Prisma.join(all, ' AND ')
}

function isVisible({ projects, startedById }: ExecutionVisibility): Prisma.Sql {
  const ofRuns =
    projects === null ? Prisma.sql`x.run_id IS NOT NULL` : isAnyOf(Prisma.sql`x.project`, projects, 'text')
  const ofNone = Prisma.sql`x.run_id IS NULL`
  if (startedById !== null) return Prisma.sql`(${ofRuns} OR ${ofNone} AND x.started_by_id = ${startedById})`
  return projects === null ? Prisma.sql`true` : Prisma.sql`(${ofRuns} OR ${ofNone})`
}
