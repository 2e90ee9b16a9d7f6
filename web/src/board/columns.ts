import type { Outcome, RunFilter, RunOrder, RunStatus, StoredRun } from '@pawl/sdk'
import { OUTCOME, RUN_STATUS } from '../elements/words.ts'
import type { Word } from '../elements/words.ts'

/** A column of the board: runs of some statuses. INCOMPLETE runs have a column of their own, whatever their status. */
export interface Column {
  readonly key: string
  readonly word: Word
  readonly statuses: readonly RunStatus[]
  /** The outcomes of its runs; empty for active runs. */
  readonly outcomes: readonly Outcome[]
  /** The order of the server's pages. */
  readonly orderBy: RunOrder
  /** Compares two runs in the order of the column. */
  compare(a: StoredRun, b: StoredRun): number
}

const NEWEST: RunOrder = { field: 'CREATED', direction: 'DESC' }
const OLDEST: RunOrder = { field: 'CREATED', direction: 'ASC' }

const newestFirst = (a: StoredRun, b: StoredRun) => compareTexts(b.id, a.id)
const oldestFirst = (a: StoredRun, b: StoredRun) => compareTexts(a.id, b.id)
const lastSettledFirst = (a: StoredRun, b: StoredRun) =>
  compareTexts(b.settledAt ?? '', a.settledAt ?? '') || newestFirst(a, b)

const active = (
  status: RunStatus,
  compare = newestFirst,
  orderBy = NEWEST,
  label = RUN_STATUS[status].label,
): Column => ({
  key: status.toLowerCase(),
  word: { ...RUN_STATUS[status], label },
  statuses: [status],
  outcomes: [],
  orderBy,
  compare,
})
const settled = (word: Word, statuses: readonly RunStatus[], outcome: Outcome): Column => ({
  key: word.label.toLowerCase(),
  word,
  statuses,
  outcomes: [outcome],
  orderBy: { field: 'ACTIVITY', direction: 'DESC' },
  compare: lastSettledFirst,
})

/** The columns in the order of a run's life. Every run is in exactly one. */
export const COLUMNS: readonly Column[] = [
  // The oldest run is claimed first.
  active('QUEUED', oldestFirst, OLDEST),
  active('RUNNING'),
  active('AWAITING_APPROVAL', newestFirst, NEWEST, 'To approve'),
  active('PAUSED'),
  active('CANCELLING'),
  settled(RUN_STATUS.COMPLETED, ['COMPLETED'], 'SUCCESS'),
  settled(OUTCOME.INCOMPLETE, ['FAILED', 'EXPIRED'], 'INCOMPLETE'),
  settled(RUN_STATUS.FAILED, ['FAILED'], 'FAILED'),
  settled(RUN_STATUS.CANCELLED, ['CANCELLED'], 'CANCELLED'),
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
