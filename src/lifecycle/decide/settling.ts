import { missingEvidence } from '../work/evidence.ts'
import { attachedChildren } from '../run/family.ts'
import { currentPhaseOf, holdsLease } from '../run/run.ts'
import { cancel, closeWork, fail, requestCancel } from './settleRun.ts'
import { admits } from '../run/transitions.ts'
import type { Rule } from './rule.ts'
import { completePhase } from './moves.ts'

/** Settles the run as COMPLETED, where the evidence for it is there (G3). */
export const decideComplete: Rule<'completeRun'> = (draft, { output }, { workflow, family }) => {
  const { run } = draft
  const missing = missingEvidence(run, workflow, attachedChildren(family))
  if (!admits('completeRun', run.status) || missing.length > 0)
    return { type: 'NotCompletable', status: run.status, missing }
  completePhase(draft, currentPhaseOf(run))
  draft.note('run.completed', { output, closed: closeWork(draft.run, { skipPending: true }) })
  return 'accepted'
}

/** Settles the run as FAILED by its owner's word. */
export const decideFail: Rule<'failRun'> = (draft, { reason, error }) => {
  if (!admits('failRun', draft.run.status)) return { type: 'RunNotActive', status: draft.run.status }
  fail(draft, reason, error, { leaseEnds: true })
  return 'accepted'
}

/** Cancels the run: at once where nobody holds a lease, else by asking its owner to stop first (G9). */
export const decideCancel: Rule<'cancelRun'> = (draft, { comment, cascade }, { settings }) => {
  if (!admits('cancelRun', draft.run.status)) return 'unchanged'
  requestCancel(draft, settings, { reason: 'CANCELLED_BY_USER', comment, cascade })
  return 'accepted'
}

/** The owner's word that its processes are gone (G9). */
export const decideConfirmCancel: Rule<'confirmCancel'> = (draft) => {
  const { run } = draft
  if (!admits('confirmCancel', run.status)) return { type: 'RunNotActive', status: run.status }
  cancel(draft, {
    reason: run.cancelReason ?? 'CANCELLED_BY_USER',
    confirmed: true,
    comment: null,
    cascade: run.cascade,
  })
  return 'accepted'
}

/** Deletes a settled run that nobody holds and nothing continues; a tombstone stays for feeds. */
export const decideDelete: Rule<'deleteRun'> = (draft, _command, { continuedBy }) => {
  const { run, now, holder } = draft
  const { status } = run
  if (!admits('deleteRun', status) || holdsLease(run.claim, now))
    return { type: 'NotDeletable', status, continuedBy: null, holder }
  if (continuedBy !== null) return { type: 'NotDeletable', status, continuedBy, holder: null }
  return 'deleted'
}
