import type { Run } from './run.ts'
import { isSettledStatus, type RunStatus } from './enums.ts'

/** A child of a run, as far as decisions about its parent need it. */
export interface Child {
  readonly id: string
  readonly status: RunStatus
  /**
   * True if it neither ends with its parent nor is waited for by it; otherwise it is attached: cancelled with its
   * parent, and waited for by it.
   */
  readonly detached: boolean
}

/** A run above another one: its parent, that one's parent, and so on. */
export interface Ancestor {
  readonly id: string
  readonly status: RunStatus
  readonly cascade: boolean
  /** True if every run from the lower one up to this one is attached to the next. */
  readonly attached: boolean
}

/** The related runs that a decision about a run needs, read at the same snapshot as the run itself. */
export interface Family {
  /** Its parent, then the parent's parent, and so on; empty if it has none or the parent was deleted. */
  readonly ancestors: readonly Ancestor[]
  /** Its active children, attached ones first; limited to the number that a sentence lists. */
  readonly children: readonly Child[]
}

/** The family of a run without parent and children. */
export const NO_FAMILY: Family = { ancestors: [], children: [] }

/** Returns the active children that must end before the run can be completed. */
export function attachedChildren({ children }: Family): Child[] {
  return children.filter(({ detached }) => !detached)
}

/** True if the run cancels its attached children: its cancel was accepted, or it settled other than COMPLETED. */
export function cancelsChildren({ status, cascade }: Pick<Run, 'status' | 'cascade'>): boolean {
  return cascade && status !== 'COMPLETED' && !admitsChildren(status)
}

/**
 * Returns the nearest ancestor whose end cancels this run, even if the cancels in between have not been applied yet;
 * null if there is none. A run that was COMPLETED, or cancelled without cascade, does not cancel its descendants.
 */
export function closingAncestor({ ancestors }: Family): Ancestor | null {
  for (const ancestor of ancestors) {
    if (!ancestor.attached) return null
    if (cancelsChildren(ancestor)) return ancestor
    if (!admitsChildren(ancestor.status)) return null
  }
  return null
}

/** True for a status in which children can be started. */
export function admitsChildren(status: RunStatus): boolean {
  return !isSettledStatus(status) && status !== 'CANCELLING'
}

/** True if an ancestor keeps an attached run from being resumed. */
export function isBlockedByAncestor({ detached }: Run, family: Family): boolean {
  const [parent] = family.ancestors
  if (detached || !parent) return false
  return !admitsChildren(parent.status) || closingAncestor(family) !== null
}
