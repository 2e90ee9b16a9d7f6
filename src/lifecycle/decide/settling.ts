import { missingEvidence } from '../evidence.ts'
import { currentPhaseOf, holdsLease } from '../run.ts'
import { cancel, closeBelow, fail } from '../settle.ts'
import { admits } from '../transitions.ts'
import type { Rule } from './rule.ts'
import { completePhase } from './moves.ts'

/** Settles the run as COMPLETED, where the evidence for it is there (G3). */
export const decideComplete: Rule<'completeRun'> = (draft, { output }, { workflow }) => {
  const { run } = draft
  const missing = missingEvidence(run, workflow)
  if (!admits('COMPLETE', run.status) || missing.length > 0)
    return { type: 'NotCompletable', status: run.status, missing }
  completePhase(draft, currentPhaseOf(run))
  draft.note('run.completed', { output, closed: closeBelow(draft.run, { skipPending: true }) })
  return 'accepted'
}

/** Settles the run as FAILED by its owner's word. */
export const decideFail: Rule<'failRun'> = (draft, { reason, error }) => {
  if (!admits('FAIL', draft.run.status)) return { type: 'RunNotActive', status: draft.run.status }
  fail(draft, reason, error, { leaseEnds: true })
  return 'accepted'
}

/** Cancels the run: at once where nobody holds a lease, else by asking its owner to stop first (G9). */
export const decideCancel: Rule<'cancelRun'> = (draft, { comment, cascade }) => {
  const { run, now } = draft
  if (!admits('CANCEL', run.status)) return 'unchanged'
  if (holdsLease(run.claim, now)) {
    const epoch = run.settledAt === null ? run.epoch : run.epoch + 1
    draft.note('run.cancel_requested', { reason: 'CANCELLED_BY_USER', comment, cascade }, epoch)
  } else {
    cancel(draft, { reason: 'CANCELLED_BY_USER', confirmed: false, comment, cascade })
  }
  return 'accepted'
}

/** The owner's word that its processes are gone (G9). */
export const decideConfirmCancel: Rule<'confirmCancel'> = (draft) => {
  const { run } = draft
  if (!admits('CONFIRM_CANCEL', run.status)) return { type: 'RunNotActive', status: run.status }
  cancel(draft, {
    reason: run.cancelReason ?? 'CANCELLED_BY_USER',
    confirmed: true,
    comment: null,
    cascade: run.cascade,
  })
  return 'accepted'
}

/** Deletes a settled run that nobody holds and nothing continues; a tombstone stays for feeds. */
export const decideDelete: Rule<'deleteRun'> = ({ run, now }, _command, { continuedBy }) => {
  if (!admits('DELETE', run.status) || holdsLease(run.claim, now))
    return { type: 'NotDeletable', status: run.status, continuedBy: null }
  if (continuedBy !== null) return { type: 'NotDeletable', status: run.status, continuedBy }
  return 'deleted'
}
