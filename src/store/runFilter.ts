import { outcomeOfRun } from '../lifecycle/outcome.ts'
import {
  isSettledStatus,
  type Outcome,
  RUN_REASONS,
  type RunStatus,
  SETTLED_STATUSES,
} from '../lifecycle/words.ts'
import { Prisma } from './generated/client.ts'

/** Which runs to list; what is null, or left out, does not narrow. */
export interface RunFilter {
  readonly statuses?: readonly RunStatus[] | null | undefined
  readonly outcomes?: readonly Outcome[] | null | undefined
  /** Name of a workflow, whatever its version. */
  readonly workflow?: string | null | undefined
  /** Labels that a run must all carry. */
  readonly labels?: readonly string[] | null | undefined
  readonly project?: string | null | undefined
  /** Some of the title, or the beginning of the id, in any case. */
  readonly text?: string | null | undefined
  /** Created later than this. */
  readonly createdAfter?: Date | null | undefined
  /** Created earlier than this. */
  readonly createdBefore?: Date | null | undefined
}

/** What a reader may see of all runs. */
export interface Sight {
  /** Null: every project. */
  readonly projects: readonly string[] | null
  /** The one run that an agent sees; null: not limited to one. */
  readonly runId: string | null
}

/** The condition on `run r` of a filter and of what the reader may see. */
export function whereRuns(filter: RunFilter, sight: Sight): Prisma.Sql {
  return Prisma.join(conditions(filter, sight), ' AND ')
}

function conditions(filter: RunFilter, { projects, runId }: Sight): Prisma.Sql[] {
  const { statuses, outcomes, workflow, labels, project, text, createdAfter, createdBefore } = filter
  const all: Prisma.Sql[] = [Prisma.sql`true`]
  const narrow = (condition: Prisma.Sql) => all.push(condition)
  if (runId !== null) narrow(Prisma.sql`r.id = ${runId}`)
  if (projects !== null) narrow(Prisma.sql`r.project = ANY(${projects}::text[])`)
  if (statuses) narrow(Prisma.sql`r.status = ANY(${statuses}::run_status[])`)
  if (outcomes) narrow(cameTo(outcomes))
  if (workflow != null)
    narrow(Prisma.sql`r.workflow_id = ANY(ARRAY(SELECT id FROM workflow WHERE name = ${workflow}))`)
  if (labels && labels.length > 0) narrow(Prisma.sql`r.labels @> ${labels}::text[]`)
  if (project != null) narrow(Prisma.sql`r.project = ${project}`)
  if (text) narrow(mentions(text))
  if (createdAfter) narrow(Prisma.sql`r.created_at > ${createdAfter.toISOString()}::timestamptz`)
  if (createdBefore) narrow(Prisma.sql`r.created_at < ${createdBefore.toISOString()}::timestamptz`)
  return all
}

function mentions(text: string): Prisma.Sql {
  return Prisma.sql`(strpos(lower(r.title), lower(${text}::text)) > 0 OR starts_with(r.id, lower(${text}::text)))`
}

/** The statuses and reasons that come to these outcomes: asked of the one rule there is. */
function cameTo(outcomes: readonly Outcome[]): Prisma.Sql {
  const ways = SETTLED_STATUSES.flatMap((status) => {
    const reasons = RUN_REASONS.filter((reason) => {
      const outcome = outcomeOfRun({ status, reason })
      return outcome !== null && outcomes.includes(outcome)
    })
    if (reasons.length === RUN_REASONS.length) return [Prisma.sql`r.status = ${status}::run_status`]
    if (reasons.length === 0) return []
    return [Prisma.sql`(r.status = ${status}::run_status AND r.reason = ANY(${reasons}::run_reason[]))`]
  })
  return ways.length > 0 ? Prisma.sql`(${Prisma.join(ways, ' OR ')})` : Prisma.sql`false`
}

/** Which runs can match at all: active ones, settled ones, or both. */
export function reachOf({ statuses, outcomes }: RunFilter): { active: boolean; settled: boolean } {
  return {
    active: !outcomes && (!statuses || statuses.some((status) => !isSettledStatus(status))),
    settled: !statuses || statuses.some(isSettledStatus),
  }
}
