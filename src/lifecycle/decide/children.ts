import { admitsChildren, attachedChildren, cancelsChildren } from '../run/family.ts'
import { admits } from '../run/transitions.ts'
import { isSettledStatus } from '../run/words.ts'
import type { Rule } from './rule.ts'

/** Lets a child live and end by itself; its parent waits for it no longer. */
export const decideDetach: Rule<'detachRun'> = (draft, { comment }) => {
  const { status, parentId, detached } = draft.run
  if (detached) return 'unchanged'
  if (parentId === null)
    return { type: 'InvalidInput', issues: [{ path: ['runId'], message: 'the run has no parent' }] }
  if (!admits('detachRun', status)) return { type: 'RunNotActive', status }
  draft.note('run.detached', { comment })
  return 'accepted'
}

/** Notes on an active parent how a child ended. */
export const decideNoteChild: Rule<'noteChild'> = (draft, command, { family }) => {
  if (isSettledStatus(draft.run.status)) return 'unchanged'
  const { childId: runId, status, reason, epoch } = command
  const last = attachedChildren(family).length === 0
  draft.note('child.settled', { runId, status, reason, epoch, last })
  return 'accepted'
}

/** Notes on a parent that an attached child of it becomes active, as long as anything may start below it. */
export const decideNoteChildStarted: Rule<'noteChildStarted'> = (draft, { childId: runId, epoch }) => {
  const { status } = draft.run
  if (!admitsChildren(status)) return { type: 'RunNotActive', status }
  draft.note('child.started', { runId, epoch })
  return 'accepted'
}

/** Notes on an active parent that it need not wait for a child any more; refused by one whose end takes the child along first. */
export const decideNoteChildDetached: Rule<'noteChildDetached'> = (draft, { childId: runId }, { family }) => {
  const { status } = draft.run
  if (cancelsChildren(draft.run)) return { type: 'RunNotActive', status }
  if (isSettledStatus(status)) return 'unchanged'
  const last = attachedChildren(family).every(({ id }) => id === runId)
  draft.note('child.detached', { runId, last })
  return 'accepted'
}
