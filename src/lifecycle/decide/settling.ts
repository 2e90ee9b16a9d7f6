import { missingEvidence } from '../activity/evidence.ts'
import { attachedChildren } from '../run/family.ts'
import { currentPhaseOf, holdsLease } from '../run/run.ts'
import { cancel, closeWork, fail, requestCancel } from './settleRun.ts'
import { admits, stateOf } from '../run/transitions.ts'
import type { Rule, RuleTable } from './rule.ts'
import { completePhase } from './moves.ts'

/** Settles the run as COMPLETED if the server holds the evidence for it (G3). */
const decideComplete: Rule<'completeRun'> = (draft, { output }, { workflow, family }) => {
  const { run } = draft
  const missing = missingEvidence(run, workflow, attachedChildren(family))
  if (!admits('completeRun', stateOf(run)) || missing.length > 0)
    return { type: 'NotCompletable', status: run.status, missing }
  completePhase(draft, currentPhaseOf(run))
  draft.note('run.completed', { output, closed: closeWork(draft.run, { skipPending: true }) })
  return 'accepted'
}

/** Settles the run as FAILED, as reported by its owner. */
const decideFail: Rule<'failRun'> = (draft, { reason, error }) => {
  if (!admits('failRun', stateOf(draft.run))) return { type: 'RunNotActive', status: draft.run.status }
  fail(draft, reason, error, { leaseEnds: true })
  return 'accepted'
}

/** Cancels the run: immediately if no owner holds a lease, otherwise by requesting its owner to stop first (G9). */
const decideCancel: Rule<'cancelRun'> = (draft, { comment, isCascading: cascade }, { settings }) => {
  const { run } = draft
  if (!admits('cancelRun', stateOf(run)) || run.contentRemovedAt !== null) return 'unchanged'
  requestCancel(draft, settings, { reason: 'CANCELLED_BY_USER', comment, cascade })
  return 'accepted'
}

/** Records the owner's confirmation that its processes have ended (G9). */
const decideConfirmCancel: Rule<'confirmCancel'> = (draft) => {
  const { run } = draft
  if (!admits('confirmCancel', stateOf(run))) return { type: 'RunNotActive', status: run.status }
  cancel(draft, {
    reason: run.cancelReason ?? 'CANCELLED_BY_USER',
    confirmed: true,
    comment: null,
    cascade: run.cascade,
  })
  return 'accepted'
}

/** Deletes a settled run that has no live claim and no continuation; a tombstone stays for feeds. */
const decideDelete: Rule<'deleteRun'> = (draft, _command, { continuedBy }) => {
  const { run, now, holder } = draft
  const { status } = run
  if (!admits('deleteRun', status) || holdsLease(run.claim, now))
    return { type: 'NotDeletable', status, continuedBy: null, holder }
  if (continuedBy !== null) return { type: 'NotDeletable', status, continuedBy, holder: null }
  return 'deleted'
}

/** The rules of commands about settling a run. */
export const settlingRules = {
  completeRun: decideComplete,
  failRun: decideFail,
  cancelRun: decideCancel,
  confirmCancel: decideConfirmCancel,
  deleteRun: decideDelete,
} satisfies Partial<RuleTable>
