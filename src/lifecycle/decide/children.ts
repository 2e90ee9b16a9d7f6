import { admitsChildren, attachedChildren, cancelsChildren } from '../run/family.ts'
import { admits } from '../run/transitions.ts'
import { isSettledStatus } from '../run/enums.ts'
import type { Rule, RuleTable } from './rule.ts'

/** Detaches a child: it no longer ends with its parent, and its parent no longer waits for it. */
const decideDetach: Rule<'detachRun'> = (draft, { comment }) => {
  const { status, parentId, detached } = draft.run
  if (detached) return 'unchanged'
  if (parentId === null)
    return { type: 'InvalidInput', issues: [{ path: ['runId'], message: 'the run has no parent' }] }
  if (!admits('detachRun', status)) return { type: 'RunNotActive', status }
  draft.note('run.detached', { comment })
  return 'accepted'
}

/** Records on an active parent how a child ended. */
const decideNoteChild: Rule<'noteChild'> = (draft, command, { family }) => {
  if (isSettledStatus(draft.run.status)) return 'unchanged'
  const { childId: runId, status, reason, epoch } = command
  const last = attachedChildren(family).length === 0
  draft.note('child.settled', { runId, status, reason, epoch, last })
  return 'accepted'
}

/** Records on a parent that an attached child becomes active, as long as the parent's status admits children. */
const decideNoteChildStarted: Rule<'noteChildStarted'> = (draft, { childId: runId, epoch }) => {
  const { status } = draft.run
  if (!admitsChildren(status)) return { type: 'RunNotActive', status }
  draft.note('child.started', { runId, epoch })
  return 'accepted'
}

/**
 * Records on an active parent that it no longer waits for a child. Refused if the parent's end already cancels the
 * child.
 */
const decideNoteChildDetached: Rule<'noteChildDetached'> = (draft, { childId: runId }, { family }) => {
  const { status } = draft.run
  if (cancelsChildren(draft.run)) return { type: 'RunNotActive', status }
  if (isSettledStatus(status)) return 'unchanged'
  const last = attachedChildren(family).every(({ id }) => id === runId)
  draft.note('child.detached', { runId, last })
  return 'accepted'
}

/** The rules of commands about children and parents. */
export const familyRules = {
  detachRun: decideDetach,
  noteChild: decideNoteChild,
  noteChildStarted: decideNoteChildStarted,
  noteChildDetached: decideNoteChildDetached,
} satisfies Partial<RuleTable>
