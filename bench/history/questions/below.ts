import type { Caller } from '../../../src/commands/kit/context.ts'
import { APPROVALS, encodePlace, EXECUTIONS } from '../../../src/graphql/kit/cursors.ts'
import type { Asker } from '../asker.ts'
import { PAGE, type Question } from '../question.ts'

const LIMITED: Caller = {
  principalId: 'prn_vera',
  name: 'vera',
  role: 'VIEWER',
  projects: ['mobile', 'docs'],
  agent: null,
}
const ELSEWHERE: Caller = { ...LIMITED, projects: ['archive'] }

/** A list of something else than runs. */
interface List {
  readonly field: 'approvals' | 'executions'
  readonly document: string
  /** SQL for the position of its n-th entry, without the filter. */
  readonly place: string
  readonly cursors: string
}

const APPROVALS_LIST: List = {
  field: 'approvals',
  document: `query ($filter: ApprovalFilter, $first: Int, $after: String) {
  approvals(filter: $filter, first: $first, after: $after) { edges { cursor node { id status } } pageInfo { hasNextPage } } }`,
  place: 'SELECT b.requested_at AS at, b.id FROM approval b JOIN run r ON r.id = b.run_id WHERE',
  cursors: APPROVALS,
}

const EXECUTIONS_LIST: List = {
  field: 'executions',
  document: `query ($filter: ExecutionFilter, $first: Int, $after: String) {
  executions(filter: $filter, first: $first, after: $after) { edges { cursor node { id end } } pageInfo { hasNextPage } } }`,
  place: 'SELECT b.started_at AS at, b.id FROM execution b LEFT JOIN run r ON r.id = b.run_id WHERE',
  cursors: EXECUTIONS,
}

const JUDGED: List = { ...EXECUTIONS_LIST, document: EXECUTIONS_LIST.document.replace('end', 'outcome') }

function listOf(name: string, list: List, filter: object, condition: string, as?: Caller): Question {
  const ask = async (asker: Asker, after: string | null) => {
    const data = await asker.read<Record<string, { edges: unknown[] }>>(
      list.document,
      { filter, first: PAGE, after },
      as,
    )
    return data[list.field]?.edges.length ?? 0
  }
  return {
    name,
    grows: list === JUDGED ? 'judged' : 'page',
    ask: (asker) => ask(asker, null),
    async at(asker, page) {
      if (page === 1) return (each) => ask(each, null)
      const text = `${list.place} ${condition} ORDER BY 1 DESC, 2 DESC OFFSET ${(page - 1) * PAGE - 1} LIMIT 1`
      const { rows } = await asker.database.store.pool.query<{ at: Date; id: string }>(text)
      const [row] = rows
      if (!row) return null
      const after = encodePlace(list.cursors, { at: row.at.getTime(), id: row.id })
      return (each) => ask(each, after)
    },
  }
}

/** Lists of approvals. */
export const APPROVAL_LISTS: readonly Question[] = [
  listOf('approvals, all', APPROVALS_LIST, {}, 'true'),
  listOf('approvals, pending', APPROVALS_LIST, { statuses: ['PENDING'] }, `b.status = 'PENDING'`),
  listOf('approvals, approved', APPROVALS_LIST, { statuses: ['APPROVED'] }, `b.status = 'APPROVED'`),
  listOf('approvals, expired', APPROVALS_LIST, { statuses: ['EXPIRED'] }, `b.status = 'EXPIRED'`),
  listOf(
    'approvals, pending or rejected',
    APPROVALS_LIST,
    { statuses: ['PENDING', 'REJECTED'] },
    `b.status IN ('PENDING', 'REJECTED')`,
  ),
  listOf(
    'approvals, of two projects that the caller sees',
    APPROVALS_LIST,
    {},
    `r.project IN ('mobile', 'docs')`,
    LIMITED,
  ),
  listOf(
    'approvals, of one rare project that the caller sees',
    APPROVALS_LIST,
    {},
    `r.project = 'archive'`,
    ELSEWHERE,
  ),
  listOf(
    'approvals, pending, of two projects that the caller sees',
    APPROVALS_LIST,
    { statuses: ['PENDING'] },
    `b.status = 'PENDING' AND r.project IN ('mobile', 'docs')`,
    LIMITED,
  ),
]

/** Lists of executions. */
export const EXECUTION_LISTS: readonly Question[] = [
  listOf('executions, all', EXECUTIONS_LIST, {}, 'true'),
  listOf('executions, in flight', EXECUTIONS_LIST, { isInFlight: true }, 'b."end" IS NULL'),
  listOf('executions, ended', EXECUTIONS_LIST, { isInFlight: false }, 'b."end" IS NOT NULL'),
  listOf('executions, outcome success', JUDGED, { outcomes: ['SUCCESS'] }, 'true'),
  listOf('executions, outcome incomplete', JUDGED, { outcomes: ['INCOMPLETE'] }, 'true'),
  listOf('executions, outcome cancelled', JUDGED, { outcomes: ['CANCELLED'] }, 'true'),
  listOf(
    'executions, of two projects that the caller sees',
    EXECUTIONS_LIST,
    {},
    `r.project IN ('mobile', 'docs')`,
    LIMITED,
  ),
  listOf(
    'executions, of one rare project that the caller sees',
    EXECUTIONS_LIST,
    {},
    `r.project = 'archive'`,
    ELSEWHERE,
  ),
  {
    name: 'executions, of one run',
    grows: 'page',
    ask: async (asker) => {
      const filter = { runId: `run_${String(asker.history.runs).padStart(26, '0')}` }
      await asker.read(EXECUTIONS_LIST.document, { filter, first: PAGE })
      return 1
    },
  },
]
