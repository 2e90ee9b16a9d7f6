import { isSettledStatus, RUN_STATUSES, type RunStatus, SETTLED_STATUSES } from '../../lifecycle/run/enums.ts'
import { column, type Connection, int, moment, nullable, prepare, query, text } from '../sql/statement.ts'
import { COUNTED, type StatusCount } from './countRuns.ts'

/** For how many days a settled run counts as settled lately. */
export const LATELY_DAYS = 7

/** How the runs of a project are. */
export interface ProjectRuns {
  readonly project: string
  /** By active status, all of them. */
  readonly active: readonly StatusCount[]
  /** By settled status, those that settled within `LATELY_DAYS`: the last `COUNTED` of them. */
  readonly settledLately: readonly StatusCount[]
  /** Null where it has no runs. */
  readonly lastActivityAt: Date | null
}

const ACTIVE_STATUSES = RUN_STATUSES.filter((status) => !isSettledStatus(status))

/** Active runs one by one, settled ones from an index by project and time. */
const COUNT = prepare({
  name: 'count-projects',
  row: { project: text, status: nullable(column('run', 'status')), count: int, at: nullable(moment) },
  text: `
SELECT r.project, r.status, count(*)::int AS count, max(r.last_activity_at) AS at
FROM run r WHERE r.settled_at IS NULL AND r.project = ANY($1::text[]) GROUP BY r.project, r.status
UNION ALL
SELECT p.name, s.status, count(*)::int, max(s.settled_at)
FROM unnest($1::text[]) p (name) CROSS JOIN LATERAL (
  SELECT r.status, r.settled_at FROM run r
  WHERE r.project = p.name AND r.settled_at > now() - make_interval(days => ${LATELY_DAYS})
  ORDER BY r.settled_at DESC LIMIT ${COUNTED + 1}
) s GROUP BY p.name, s.status
UNION ALL
SELECT p.name, NULL, 0, (
  SELECT r.settled_at FROM run r WHERE r.project = p.name AND r.settled_at IS NOT NULL ORDER BY r.settled_at DESC LIMIT 1
)
FROM unnest($1::text[]) p (name)`,
})

/** Counts the runs of each project. */
export async function countProjects(
  connection: Connection,
  projects: readonly string[],
): Promise<ProjectRuns[]> {
  const rows = await query(connection, COUNT, [projects])
  return projects.map((project) => {
    const own = rows.filter((row) => row.project === project)
    const times = own.flatMap(({ at }) => at?.getTime() ?? [])
    const countOf = (status: RunStatus) => own.find((row) => row.status === status)?.count ?? 0
    const settled = SETTLED_STATUSES.reduce((sum, status) => sum + countOf(status), 0)
    return {
      project,
      active: ACTIVE_STATUSES.map((status) => ({ status, count: countOf(status), isExact: true })),
      settledLately: SETTLED_STATUSES.map((status) => ({
        status,
        count: countOf(status),
        isExact: settled <= COUNTED,
      })),
      lastActivityAt: times.length > 0 ? new Date(Math.max(...times)) : null,
    }
  })
}
