import type { Caller } from '../../../src/commands/kit/context.ts'
import { encodePlace } from '../../../src/graphql/kit/cursors.ts'
import { Prisma } from '../../../src/store/generated/client.ts'
import type { RunOrder } from '../../../src/store/run/listRuns.ts'
import { resolveFilter, type RunFilter, whereRuns } from '../../../src/store/run/runFilter.ts'
import type { Asker } from '../asker.ts'
import { PAGE, type Question } from '../question.ts'
import { COMMON_LABEL, COMMON_WORD, MIDDLE_LABEL, MIDDLE_WORDS, RARE_LABEL, RARE_WORD } from '../shape.ts'

const RUNS = `query ($filter: RunFilter, $orderBy: RunOrder! = { field: CREATED, direction: DESC }, $first: Int, $after: String, $last: Int, $before: String) {
  runs(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id status } } pageInfo { hasNextPage hasPreviousPage } feedCursor } }`

interface Filter {
  readonly statuses?: readonly string[]
  readonly outcomes?: readonly string[]
  readonly workflow?: string
  readonly labels?: readonly string[]
  readonly project?: string
  readonly text?: string
  readonly createdAt?: { readonly after: string; readonly before: string }
}

/** The filters: each alone, with many and with few matches, and some combinations. */
const FILTERS: Readonly<Record<string, Filter>> = {
  all: {},
  'status completed': { statuses: ['COMPLETED'] },
  'status expired': { statuses: ['EXPIRED'] },
  'status queued': { statuses: ['QUEUED'] },
  'status cancelling': { statuses: ['CANCELLING'] },
  'status active': { statuses: ['QUEUED', 'RUNNING', 'AWAITING_APPROVAL', 'PAUSED', 'CANCELLING'] },
  'status completed or failed': { statuses: ['COMPLETED', 'FAILED'] },
  'status running or failed': { statuses: ['RUNNING', 'FAILED'] },
  'outcome success': { outcomes: ['SUCCESS'] },
  'outcome failed': { outcomes: ['FAILED'] },
  'outcome incomplete': { outcomes: ['INCOMPLETE'] },
  'outcome cancelled': { outcomes: ['CANCELLED'] },
  'workflow common': { workflow: 'delivery' },
  'workflow rare': { workflow: 'map' },
  'workflow unknown': { workflow: 'nothing' },
  'label common': { labels: [COMMON_LABEL] },
  'label of one in 2000': { labels: [MIDDLE_LABEL] },
  'label rare': { labels: [RARE_LABEL] },
  'label unknown': { labels: ['nothing'] },
  'labels together': { labels: [COMMON_LABEL, 'team-1'] },
  'project common': { project: 'default' },
  'project rare': { project: 'archive' },
  'project unknown': { project: 'nothing' },
  'text common': { text: COMMON_WORD },
  'text of one in 2000': { text: MIDDLE_WORDS },
  'text rare': { text: RARE_WORD },
  'text unknown': { text: 'nothing like it' },
  'text of two letters': { text: 'ke' },
  'text id': { text: 'run_0000000000000000000000077' },
  'created in one day': daysAgo(180, 179),
  'project and status': { project: 'web', statuses: ['FAILED'] },
  'project and status, rare': { project: 'archive', statuses: ['EXPIRED'] },
  'workflow and status': { workflow: 'review', statuses: ['CANCELLED'] },
  'label and status': { labels: [COMMON_LABEL], statuses: ['FAILED'] },
}

function daysAgo(from: number, to: number): Filter {
  const date = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
  return { createdAt: { after: date(from), before: date(to) } }
}

const NEWEST: RunOrder = { field: 'CREATED', newestFirst: true }
const ORDERS: Readonly<Record<string, RunOrder>> = {
  newest: NEWEST,
  oldest: { field: 'CREATED', newestFirst: false },
  activity: { field: 'ACTIVITY', newestFirst: true },
}
const toInput = ({ field, newestFirst }: RunOrder) => ({ field, direction: newestFirst ? 'DESC' : 'ASC' })

const LIMITED: Caller = {
  principalId: 'prn_vera',
  name: 'vera',
  role: 'VIEWER',
  projects: ['mobile', 'docs'],
  agent: null,
}

/** Lists with a combination of filters that no index covers. */
const MATCHES = new Set([
  'runs, labels together, by newest',
  'runs, labels together, by oldest',
  'runs, labels together, by activity',
  'runs, created in one day, by activity',
])

/** Lists that look at every active run, because an index on titles may be slower. */
const ACTIVE = new Set(['runs, text unknown, by activity'])

/** Lists of runs by every filter, in every order. */
export const RUN_LISTS: readonly Question[] = [
  ...Object.entries(FILTERS).flatMap(([filter, which]) =>
    Object.entries(ORDERS).map(([order, orderBy]) => listOf(`runs, ${filter}, by ${order}`, which, orderBy)),
  ),
  listOf('runs, of two projects that the caller sees, by newest', {}, NEWEST, LIMITED),
  {
    name: 'runs, all, the last page',
    grows: 'page',
    ask: (asker) => askRuns(asker, { last: PAGE }),
  },
]

/** Counts of runs, by every filter, and by project. */
export const RUN_COUNTS: readonly Question[] = [
  {
    name: 'projects, with their counts',
    grows: 'counted',
    ask: async (asker) => {
      const counts = 'status count isExact'
      const document = `{ projects { nodes { name activeCounts { ${counts} } settledCounts { ${counts} } lastActivityAt tokenCount } } }`
      const { projects } = await asker.read<{ projects: { nodes: unknown[] } }>(document, {})
      return projects.nodes.length
    },
  },
  ...Object.entries(FILTERS).flatMap(countsOf),
]

function countsOf([filter, which]: readonly [string, Filter]): Question[] {
  return [
    {
      name: `runCounts, ${filter}`,
      grows: 'counted',
      ask: async (asker) => {
        const document = 'query ($filter: RunFilter) { runCounts(filter: $filter) { status count } }'
        const { runCounts } = await asker.read<{ runCounts: unknown[] }>(document, { filter: which })
        return runCounts.length
      },
    },
    {
      name: `totalCount, ${filter}`,
      grows: 'counted',
      ask: async (asker) => {
        const document = 'query ($filter: RunFilter) { runs(filter: $filter, first: 0) { totalCount } }'
        await asker.read(document, { filter: which })
        return 1
      },
    },
  ]
}

function listOf(name: string, filter: Filter, orderBy: RunOrder, as?: Caller): Question {
  const ask = (asker: Asker, after: string | null) =>
    askRuns(asker, { filter, orderBy: toInput(orderBy), first: PAGE, after }, as)
  return {
    name,
    grows: MATCHES.has(name) ? 'matches' : ACTIVE.has(name) ? 'active' : 'page',
    ask: (asker) => ask(asker, null),
    async at(asker, page) {
      if (page === 1) return (each) => ask(each, null)
      const place = await placeOf(asker, filter, orderBy, as, (page - 1) * PAGE)
      return place === null ? null : (each) => ask(each, place)
    },
  }
}

async function askRuns(asker: Asker, variables: Record<string, unknown>, as?: Caller): Promise<number> {
  const { runs } = await asker.read<{ runs: { edges: unknown[] } }>(RUNS, variables, as)
  return runs.edges.length
}

/** The cursor of the n-th run of a list; null if the list is shorter. */
async function placeOf(
  { database }: Asker,
  { createdAt: created, ...rest }: Filter,
  orderBy: RunOrder,
  as: Caller | undefined,
  nth: number,
): Promise<string | null> {
  const filter = {
    ...rest,
    created: created ? { after: new Date(created.after), before: new Date(created.before) } : null,
  } as RunFilter
  const at =
    orderBy.field === 'ACTIVITY'
      ? Prisma.sql`coalesce(r.settled_at, r.last_activity_at)`
      : Prisma.sql`r.created_at`
  const known = await resolveFilter(database.store.pool, filter)
  const direction = Prisma.raw(toInput(orderBy).direction)
  const { text, values } = Prisma.sql`
SELECT ${at} AS at, r.id FROM run r WHERE ${whereRuns(known, { projects: as?.projects ?? null, runId: null })}
ORDER BY 1 ${direction}, 2 ${direction} OFFSET ${nth - 1} LIMIT 1`
  const { rows } = await database.store.pool.query<{ at: Date; id: string }>(text, values)
  const [row] = rows
  return row
    ? encodePlace(`${orderBy.field}_${toInput(orderBy).direction}`, { at: row.at.getTime(), id: row.id })
    : null
}
