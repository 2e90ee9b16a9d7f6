import type { Run } from './run.ts'
import { isSettledStatus, type RunStatus } from './words.ts'

/** A run below another one, as far as that one's decisions look at it. */
export interface Child {
  readonly id: string
  readonly status: RunStatus
  /** True where it lives and ends by itself; else it is attached: cancelled with its parent, and waited for by it. */
  readonly detached: boolean
}

/** A run above another one. */
export interface Ancestor {
  readonly id: string
  readonly status: RunStatus
  readonly cascade: boolean
  /** True where every run from the lower one up to this is attached to the next. */
  readonly attached: boolean
}

/** What a decision about a run looks at of the runs around it, at the snapshot of the run itself. */
export interface Family {
  /** Its parent, then that one's parent and so on; empty where it has none, or where that was deleted. */
  readonly ancestors: readonly Ancestor[]
  /** Its active children, those that are attached first: at most so many as a sentence names. */
  readonly children: readonly Child[]
}

/** The family of a run that stands alone. */
export const NO_FAMILY: Family = { ancestors: [], children: [] }

/** The active children that a run is not completed without. */
export function attachedChildren({ children }: Family): Child[] {
  return children.filter(({ detached }) => !detached)
}

/** True for a status in which a run takes its attached children with it: its cancel was accepted, or it settled undone. */
function endsWithChildren(status: RunStatus): boolean {
  return status === 'CANCELLING' || (isSettledStatus(status) && status !== 'COMPLETED')
}

/** True for a run whose end is owed to its attached children as well. */
export function cancelsChildren({ status, cascade }: Pick<Run, 'status' | 'cascade'>): boolean {
  return endsWithChildren(status) && cascade
}

/**
 * The nearest run above whose end is owed to the run as well, however far the cancels in between have come; null where there is
 * none. A run that was completed, or told to leave its children alone, hands nothing down.
 */
export function closingAncestor({ ancestors }: Family): Ancestor | null {
  for (const ancestor of ancestors) {
    if (!ancestor.attached) return null
    if (endsWithChildren(ancestor.status)) return cancelsChildren(ancestor) ? ancestor : null
    if (isSettledStatus(ancestor.status)) return null
  }
  return null
}

/** True for a status below which nothing is started. */
export function admitsChildren(status: RunStatus): boolean {
  return !isSettledStatus(status) && status !== 'CANCELLING'
}

/** True where an attached run can't come back to life, for what is above it. */
export function isBlockedByAncestor({ detached }: Run, family: Family): boolean {
  const [parent] = family.ancestors
  if (detached || !parent) return false
  return !admitsChildren(parent.status) || closingAncestor(family) !== null
}
