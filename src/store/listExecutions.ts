import type { Execution } from '../lifecycle/run.ts'
import { Prisma } from './generated/client.ts'
import { type Connection, type Prepared, run } from './openStore.ts'
import {
  inOrder,
  isBetween,
  isUpTo,
  type Page,
  type PageAsked,
  type PageOrder,
  type Place,
  toPage,
} from './page.ts'
import type { Sight } from './runFilter.ts'
import { EXECUTION_JSON } from './selectBelow.ts'

/** Which executions to list; what is null does not narrow. */
export interface ExecutionFilter {
  readonly runId: string | null
  readonly inFlight: boolean | null
}

/** What a reader may see of executions: those of the runs it sees, and among those of no run its own, or all. */
export interface ExecutionSight extends Sight {
  /** Who reads, where it is limited; null: sees every execution of no run. */
  readonly startedBy: string | null
}

const order: PageOrder = { column: Prisma.sql`x.started_at`, id: Prisma.sql`x.id`, newestFirst: true }

/** Lists executions, the newest first. */
export async function listExecutions(
  connection: Connection,
  filter: ExecutionFilter,
  sight: ExecutionSight,
  page: PageAsked,
): Promise<Page<Execution>> {
  const from = Prisma.sql`FROM execution x LEFT JOIN run r ON r.id = x.run_id WHERE ${where(filter, sight)}`
  const behind = page.after
    ? Prisma.sql`EXISTS (SELECT ${from} AND ${isUpTo(order, page.after)})`
    : Prisma.sql`false`
  const { text, values } = Prisma.sql`
SELECT ${behind} AS has_behind, listed.execution FROM (SELECT 1) AS always LEFT JOIN LATERAL (
  SELECT ${Prisma.raw(EXECUTION_JSON)} AS execution ${from} AND ${isBetween(order, page)}
  ${inOrder(order, page)} LIMIT ${page.limit + 1}
) listed ON true`
  const { rows } = await connection.query<{ has_behind: boolean; execution: Execution | null }>(text, values)
  const executions = rows.flatMap(({ execution }) => (execution ? [execution] : []))
  return toPage(executions, page, { hasBehind: rows[0]?.has_behind ?? false, hasAhead: false })
}

function where({ runId, inFlight }: ExecutionFilter, sight: ExecutionSight): Prisma.Sql {
  const all = [Prisma.sql`true`]
  if (runId !== null) all.push(Prisma.sql`x.run_id = ${runId}`)
  if (inFlight !== null) all.push(inFlight ? Prisma.sql`x."end" IS NULL` : Prisma.sql`x."end" IS NOT NULL`)
  if (sight.runId !== null) all.push(Prisma.sql`x.run_id = ${sight.runId}`)
  if (sight.projects !== null)
    all.push(Prisma.sql`(r.project = ANY(${sight.projects}::text[]) OR x.run_id IS NULL)`)
  if (sight.startedBy !== null)
    all.push(Prisma.sql`(x.run_id IS NOT NULL OR x.started_by = ${sight.startedBy})`)
  return Prisma.join(all, ' AND ')
}

/** A page of one run's executions, the newest first. */
export interface ExecutionsAsked {
  readonly runId: string
  readonly after: Place | null
  readonly limit: number
}

const LIST_OF_RUNS: Prepared = {
  name: 'list-executions-of-runs',
  text: `
SELECT asked.place::int AS place, asked.at IS NOT NULL AND EXISTS (
    SELECT FROM execution x WHERE x.run_id = asked.run_id AND (x.started_at, x.id) >= (asked.at, asked.id)
  ) AS has_behind, listed.execution
FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::int[]) WITH ORDINALITY AS asked(run_id, at, id, many, place)
LEFT JOIN LATERAL (
  SELECT ${EXECUTION_JSON} AS execution, x.started_at, x.id FROM execution x
  WHERE x.run_id = asked.run_id AND (asked.at IS NULL OR (x.started_at, x.id) < (asked.at, asked.id))
  ORDER BY x.started_at DESC, x.id DESC LIMIT asked.many + 1
) listed ON true
ORDER BY asked.place, listed.started_at DESC, listed.id DESC`,
}

/** Pages of the executions of runs, in the order asked for. */
export async function listExecutionsOfRuns(
  connection: Connection,
  asked: readonly ExecutionsAsked[],
): Promise<Page<Execution>[]> {
  type Row = { place: number; has_behind: boolean; execution: Execution | null }
  const rows = await run<Row>(connection, LIST_OF_RUNS, [
    asked.map(({ runId }) => runId),
    asked.map(({ after }) => (after ? new Date(after.at).toISOString() : null)),
    asked.map(({ after }) => after?.id ?? null),
    asked.map(({ limit }) => limit),
  ])
  return asked.map(({ limit }, index) => {
    const of = rows.filter(({ place }) => place === index + 1)
    const executions = of.flatMap(({ execution }) => (execution ? [execution] : []))
    const page: PageAsked = { limit, fromEnd: false, after: null, before: null }
    return toPage(executions, page, { hasBehind: of[0]?.has_behind ?? false, hasAhead: false })
  })
}

const FIND: Prepared = {
  name: 'find-executions',
  text: `SELECT ${EXECUTION_JSON} AS execution FROM execution x WHERE x.id = ANY($1::text[])`,
}

/** The executions with these ids, in any order; ids that name nothing are left out. */
export async function findExecutions(connection: Connection, ids: readonly string[]): Promise<Execution[]> {
  const rows = await run<{ execution: Execution }>(connection, FIND, [ids])
  return rows.map(({ execution }) => execution)
}
