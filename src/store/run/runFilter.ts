import { outcomeOfRun } from '../../lifecycle/run/outcome.ts'
import {
  isSettledStatus,
  type Outcome,
  RUN_REASONS,
  RUN_STATUSES,
  type RunReason,
  type RunStatus,
  SETTLED_STATUSES,
} from '../../lifecycle/run/enums.ts'
import { Prisma } from '../generated/client.ts'
import { column, type Connection, prepare, query } from '../sql/statement.ts'

/** Which runs to list; a null or omitted field does not restrict. */
export interface RunFilter {
  readonly statuses?: readonly RunStatus[] | null | undefined
  readonly outcomes?: readonly Outcome[] | null | undefined
  /** Name of a workflow, any version. */
  readonly workflow?: string | null | undefined
  /** Labels that a run must all carry. */
  readonly labels?: readonly string[] | null | undefined
  readonly project?: string | null | undefined
  /** Part of the title, or the beginning of the id; case-insensitive. */
  readonly text?: string | null | undefined
  readonly created?: TimeRange | null | undefined
  readonly settled?: TimeRange | null | undefined
  readonly reasons?: readonly RunReason[] | null | undefined
  /** Name of the owner of the present claim. */
  readonly owner?: string | null | undefined
  readonly parentRunId?: string | null | undefined
  readonly concurrencyKey?: string | null | undefined
}

/** A range of times without its bounds; a null or omitted bound does not restrict. */
export interface TimeRange {
  readonly after?: Date | null | undefined
  readonly before?: Date | null | undefined
}

/** A filter whose workflow was looked up, so that the planner knows the actual ids. */
export interface ResolvedFilter extends RunFilter {
  /** Ids of the versions of the workflow; null if no workflow was given. */
  readonly versions: readonly string[] | null
}

const VERSIONS = prepare({
  name: 'list-versions',
  row: {
    id: column('workflow', 'id'),
  },
  text: 'SELECT id FROM workflow WHERE name = $1 ORDER BY version',
})

/** Looks up what the condition of a filter needs. */
export async function resolveFilter(connection: Connection, filter: RunFilter): Promise<ResolvedFilter> {
  if (filter.workflow == null) return { ...filter, versions: null }
  const rows = await query(connection, VERSIONS, [filter.workflow])
  return { ...filter, versions: rows.map(({ id }) => id) }
}

/** The condition that no version of the workflow was registered since the look-up. */
export function areVersionsUnchanged({ workflow, versions }: ResolvedFilter): Prisma.Sql {
  if (workflow == null || versions === null) return Prisma.sql`true`
  return Prisma.sql`(SELECT count(*) = ${versions.length} FROM workflow WHERE name = ${workflow})`
}

/** Which runs a reader may see. */
export interface Visibility {
  /** Null: every project. */
  readonly projects: readonly string[] | null
  /** The single run that an agent may see; null: not limited to one. */
  readonly runId: string | null
}

/** The condition on `run r` for a filter and what the reader may see. */
export function whereRuns(filter: ResolvedFilter, sight: Visibility): Prisma.Sql {
  return Prisma.join(conditions(filter, sight), ' AND ')
}

function conditions(filter: ResolvedFilter, { projects, runId }: Visibility): Prisma.Sql[] {
  const { statuses, outcomes, versions, labels, project, text, reasons, owner, parentRunId } = filter
  const { concurrencyKey, created, settled } = filter
  const all: Prisma.Sql[] = [Prisma.sql`true`]
  const narrow = (condition: Prisma.Sql) => all.push(condition)
  if (runId !== null) narrow(Prisma.sql`r.id = ${runId}`)
  if (projects !== null) narrow(isAnyOf(Prisma.sql`r.project`, projects, 'text'))
  if (statuses) narrow(isAnyOf(Prisma.sql`r.status`, statuses, 'run_status'))
  if (outcomes) narrow(hasOutcome(outcomes))
  if (versions !== null) narrow(isAnyOf(Prisma.sql`r.workflow_id`, versions, 'text'))
  if (labels && labels.length > 0) narrow(Prisma.sql`r.labels @> ${labels}::text[]`)
  if (project != null) narrow(Prisma.sql`r.project = ${project}`)
  if (text) narrow(matchesText(text))
  if (reasons) narrow(isAnyOf(Prisma.sql`r.reason`, reasons, 'run_reason'))
  if (owner != null) narrow(Prisma.sql`r.lease_owner = ${owner}`)
  if (parentRunId != null) narrow(Prisma.sql`r.parent_id = ${parentRunId}`)
  if (concurrencyKey != null) narrow(Prisma.sql`r.concurrency_key = ${concurrencyKey}`)
  if (created) all.push(...isWithin(Prisma.sql`r.created_at`, created))
  if (settled) all.push(...isWithin(Prisma.sql`r.settled_at`, settled))
  return all
}

function isWithin(time: Prisma.Sql, { after, before }: TimeRange): Prisma.Sql[] {
  const bounds: Prisma.Sql[] = []
  if (after) bounds.push(Prisma.sql`${time} > ${after.toISOString()}::timestamptz`)
  if (before) bounds.push(Prisma.sql`${time} < ${before.toISOString()}::timestamptz`)
  return bounds
}

/**
 * A single value becomes an equality: only then does an index that begins with the column yield the order of its
 * further columns.
 */
export function isAnyOf(
  column: Prisma.Sql,
  values: readonly string[],
  type: 'text' | 'run_status' | 'run_reason' | 'approval_status',
): Prisma.Sql {
  const [only, ...others] = values
  if (only === undefined) return Prisma.sql`false`
  const as = Prisma.raw(type)
  return others.length === 0
    ? Prisma.sql`${column} = ${only}::${as}`
    : Prisma.sql`${column} = ANY(${values}::${as}[])`
}

/** The prefix and the length of every run id. */
const ID = { prefix: 'run_', length: 30 } as const

/** Letters that an id may end with, as many as a person types at least. */
const ID_END = /^[0-9a-hjkmnp-tv-z]{4,26}$/

/** The first condition can use the index of titles, the others those of ids and their ends, for any collation. */
function matchesText(text: string): Prisma.Sql {
  const start = text.toLowerCase()
  // every id has this prefix
  if (ID.prefix.startsWith(start)) return Prisma.sql`true`
  const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
  const inTitle = Prisma.sql`lower(r.title) LIKE lower(${pattern}::text)`
  if (ID_END.test(start))
    return Prisma.sql`(${inTitle} OR right(r.id, 4) = ${start.slice(-4)} AND right(r.id, ${start.length}::int) = ${start})`
  if (!start.startsWith(ID.prefix) || start.length > ID.length) return inTitle
  const last = start.padEnd(ID.length, 'z')
  return Prisma.sql`(${inTitle} OR r.id BETWEEN ${start} AND ${last} AND starts_with(r.id, ${start}))`
}

/** The condition of a filter for the runs of one status, by that status and its reasons. */
export function whereStatus(filter: ResolvedFilter, status: RunStatus, sight: Visibility): Prisma.Sql {
  const where = whereRuns({ ...filter, statuses: [status], outcomes: null }, sight)
  const reasons = filter.outcomes ? reasonsOf(status, filter.outcomes) : RUN_REASONS
  if (reasons.length === RUN_REASONS.length) return where
  return Prisma.sql`${where} AND r.reason = ANY(${reasons}::run_reason[])`
}

/** The statuses that can match. */
export function statusesOf({ statuses, outcomes }: RunFilter): RunStatus[] {
  return RUN_STATUSES.filter(
    (status) =>
      (!statuses || statuses.includes(status)) && (!outcomes || reasonsOf(status, outcomes).length > 0),
  )
}

/** The reasons with which a run of this status has one of these outcomes, according to `outcomeOfRun`. */
function reasonsOf(status: RunStatus, outcomes: readonly Outcome[]): RunReason[] {
  return RUN_REASONS.filter((reason) => {
    const outcome = outcomeOfRun({ status, reason })
    return outcome !== null && outcomes.includes(outcome)
  })
}

/** The condition that a run's status and reason give one of these outcomes. */
function hasOutcome(outcomes: readonly Outcome[]): Prisma.Sql {
  const ways = SETTLED_STATUSES.flatMap((status) => {
    const reasons = reasonsOf(status, outcomes)
    if (reasons.length === RUN_REASONS.length) return [Prisma.sql`r.status = ${status}::run_status`]
    if (reasons.length === 0) return []
    return [Prisma.sql`(r.status = ${status}::run_status AND r.reason = ANY(${reasons}::run_reason[]))`]
  })
  return ways.length > 0 ? Prisma.sql`(${Prisma.join(ways, ' OR ')})` : Prisma.sql`false`
}

/** Which runs can match: active ones, settled ones, or both. */
export function settlementOf(filter: RunFilter): { active: boolean; settled: boolean } {
  const statuses = statusesOf(filter)
  return {
    active: statuses.some((status) => !isSettledStatus(status)),
    settled: statuses.some(isSettledStatus),
  }
}
