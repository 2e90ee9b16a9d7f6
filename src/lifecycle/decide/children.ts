import { isSettledStatus } from '../words.ts'
import { holdsLease } from '../run.ts'
import { cancel } from '../settle.ts'
import type { Rule } from './rule.ts'

/** Cancels a child whose parent settled without COMPLETED: at once, or by asking its owner to stop first. */
export const decideCloseByParent: Rule<'closeByParent'> = (draft, { parentId }) => {
  const { run, now } = draft
  if (isSettledStatus(run.status) || run.status === 'CANCELLING') return 'unchanged'
  const comment = `the parent ${parentId} settled`
  const reason = 'CLOSED_BY_PARENT'
  if (holdsLease(run.claim, now)) draft.note('run.cancel_requested', { reason, comment, cascade: true })
  else cancel(draft, { reason, confirmed: false, comment, cascade: true })
  return 'accepted'
}

/** Notes on an active parent how a child ended. */
export const decideNoteChild: Rule<'noteChild'> = (draft, { childId: runId, status, reason, epoch }) => {
  if (isSettledStatus(draft.run.status)) return 'unchanged'
  draft.note('child.settled', { runId, status, reason, epoch })
  return 'accepted'
}
