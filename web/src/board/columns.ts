import type { Outcome, RunFilter, RunOrder, RunStatus, StoredRun } from '@pawl/sdk'
import { OUTCOME, RUN_STATUS } from '../elements/words.ts'
import type { Word } from '../elements/words.ts'

/** A column of the board: runs of some statuses. INCOMPLETE runs have a column of their own, whatever their status. */
export interface Column {
  readonly key: string
  readonly word: Word
  /** Whether nobody has to do anything about its runs: they are counted, and shown on request. */
  readonly isOver: boolean
  readonly statuses: readonly RunStatus[]
  /** The outcomes of its runs; empty for active runs. */
  readonly outcomes: readonly Outcome[]
  /** The order of the server's pages. */
  readonly orderBy: RunOrder
  /** Compares two runs in the order of the column. */
  compare(a: StoredRun, b: StoredRun): number
}

const newestFirst = (a: StoredRun, b: StoredRun) => compareTexts(b.id, a.id)
const oldestFirst = (a: StoredRun, b: StoredRun) => compareTexts(a.id, b.id)
const lastSettledFirst = (a: StoredRun, b: StoredRun) =>
  compareTexts(b.settledAt ?? '', a.settledAt ?? '') || newestFirst(a, b)

const NEWEST_FIRST: Pick<Column, 'orderBy' | 'compare'> = {
  orderBy: { field: 'CREATED', direction: 'DESC' },
  compare: newestFirst,
}
const OLDEST_FIRST: Pick<Column, 'orderBy' | 'compare'> = {
  orderBy: { field: 'CREATED', direction: 'ASC' },
  compare: oldestFirst,
}

const active = (word: Word, statuses: readonly RunStatus[], order = NEWEST_FIRST): Column => ({
  key: (statuses[0] ?? '').toLowerCase(),
  word,
  isOver: false,
  statuses,
  outcomes: [],
  ...order,
})
const settled = (word: Word, statuses: readonly RunStatus[], outcome: Outcome, isOver: boolean): Column => ({
  key: word.label.toLowerCase(),
  word,
  isOver,
  statuses,
  outcomes: [outcome],
  orderBy: { field: 'ACTIVITY', direction: 'DESC' },
  compare: lastSettledFirst,
})

/** The columns: what asks for a person, what works, what waits, what is over. Every run is in exactly one. */
export const COLUMNS: readonly Column[] = [
  active({ ...RUN_STATUS.AWAITING_APPROVAL, label: 'To approve' }, ['AWAITING_APPROVAL'], OLDEST_FIRST),
  settled(RUN_STATUS.FAILED, ['FAILED'], 'FAILED', false),
  settled(OUTCOME.INCOMPLETE, ['FAILED', 'EXPIRED'], 'INCOMPLETE', false),
  active(RUN_STATUS.PAUSED, ['PAUSED']),
  active({ label: 'Working', tone: 'live', means: 'Its owner works on it, or was told to stop' }, [
    'RUNNING',
    'CANCELLING',
  ]),
  // The oldest run is claimed first.
  active(RUN_STATUS.QUEUED, ['QUEUED'], OLDEST_FIRST),
  settled(RUN_STATUS.COMPLETED, ['COMPLETED'], 'SUCCESS', true),
  settled(RUN_STATUS.CANCELLED, ['CANCELLED'], 'CANCELLED', true),
]

/** The server's filter for a column; null if the board's filter excludes the column. */
export function filterOfColumn(column: Column, filter: RunFilter): RunFilter | null {
  const { outcomes: wanted, statuses: wantedStatuses } = filter
  const statuses = column.statuses.filter((status) => wantedStatuses?.includes(status) ?? true)
  const isWanted = !wanted || column.outcomes.some((outcome) => wanted.includes(outcome))
  if (statuses.length === 0 || !isWanted) return null
  return { ...filter, statuses, ...(column.outcomes.length > 0 && { outcomes: [...column.outcomes] }) }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
