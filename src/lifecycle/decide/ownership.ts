import type { ClaimRequest } from '../run/commandInputs.ts'
import { attachedChildren, type Family, isBlockedByAncestor } from '../run/family.ts'
import type { RefusalNamed } from '../run/refusals.ts'
import { claimableAt, liveClaim, openApproval, queuedSince, type Run } from '../run/run.ts'
import { cancelUnconfirmed, executionsInFlight } from './settleRun.ts'
import type { Settings } from '../run/settings.ts'
import { awayMsOf, type Draft, type Situation } from '../log/draft.ts'
import { admits, stateOf, targetsOf } from '../run/transitions.ts'
import { isFinalStatus, isSettledStatus, type NotResumableCause } from '../run/enums.ts'
import type { Rule, RuleTable } from './rule.ts'
import { withdrawQuestion } from './withdrawQuestion.ts'

/** Claims a queued run for an owner, under a new fence. */
const decideClaim: Rule<'claimRun'> = (draft, command, { family, settings }) => {
  const { run, now } = draft
  const children = awaitedChildren(run, family)
  const waits = claimableAt(run, now) !== null || children.length > 0
  if (!admits('claimRun', stateOf(run)) || liveClaim(run.claim, now) || waits)
    return notClaimable(draft, children)
  claim(draft, command, settings)
  return 'accepted'
}

/** Returns the ids of the active children that a released run waits for; empty if it waits for none. */
export function awaitedChildren({ awaitsChildren }: Run, family: Family): string[] {
  return awaitsChildren ? attachedChildren(family).map(({ id }) => id) : []
}

function notClaimable(
  { run, now, holder }: Draft,
  children: readonly string[],
): RefusalNamed<'NotClaimable'> {
  const { status, waitsFor } = run
  return { type: 'NotClaimable', status, holder, claimableAt: claimableAt(run, now), waitsFor, children }
}

/** How far ahead a release may delay the next claim: 8 days. For a longer wait, the run is paused. */
const MAX_WAIT_MS = 8 * 86_400_000

/**
 * Ends a claim at its owner's request: the run returns to the queue, optionally with a delay before its next claim,
 * or keeps its status.
 */
const decideRelease: Rule<'releaseRun'> = (draft, command, { family }) => {
  const {
    fence,
    claimableAt: notBefore,
    waitsFor,
    isBlocked: blocked,
    isWaitingForChildren: untilChildren,
  } = command
  const { now } = draft
  if (notBefore !== null && notBefore > now + MAX_WAIT_MS) {
    const message = 'is more than 8 days ahead: pause the run instead, and have a person resume it'
    return { type: 'InvalidInput', issues: [{ path: ['claimableAt'], message }] }
  }
  withdrawQuestion(draft, 'RELEASED')
  const { run } = draft
  const executions = executionsInFlight(run)
  if (run.status === 'RUNNING')
    draft.note('run.requeued', {
      fence,
      because: 'RELEASED',
      executions,
      ...(notBefore !== null && notBefore > now && { notBefore: new Date(notBefore).toISOString() }),
      ...(waitsFor !== null && { waitsFor }),
      ...(blocked && { blocked }),
      ...(untilChildren && attachedChildren(family).length > 0 && { untilChildren }),
    })
  else if (run.status === 'CANCELLING') cancelUnconfirmed(draft)
  // nothing follows a settled status, so the claim ends without an event
  else if (isSettledStatus(run.status)) draft.run = { ...run, claim: null }
  else draft.note('run.released', { fence, because: 'RELEASED', executions })
  return 'accepted'
}

/** Resumes a paused run, or a failed one in a new epoch. */
const decideResume: Rule<'resumeRun'> = (draft, command, situation, before) => {
  // a lapse under REQUEUE applied by this very command already resumed the run
  const requeuedNow = targetsOf('lapse', stateOf(before)).includes('QUEUED') && draft.run.status === 'QUEUED'
  if (!requeuedNow) {
    const because = whyNotResumable(draft.run, situation, command.claim !== null)
    if (because) {
      const continuedBy = because === 'CONTINUED' ? situation.continuedBy : null
      return { type: 'NotResumable', status: draft.run.status, because, continuedBy, holder: draft.holder }
    }
    // a resume with a claim has to wait for `notBefore`; a person's resume without a claim ends the wait
    if (command.claim && draft.run.status === 'PAUSED' && claimableAt(draft.run, draft.now) !== null)
      return notClaimable(draft, [])
    resume(draft, command.comment)
  }
  if (command.claim && draft.run.status === 'QUEUED') claim(draft, command.claim, situation.settings)
  return 'accepted'
}

/**
 * Returns why the run can't be resumed now; null if it can.
 *
 * @param claiming true if the resume includes a claim
 */
export function whyNotResumable(
  run: Run,
  {
    workflow,
    settings,
    now,
    family,
    continuedBy,
  }: Pick<Situation, 'workflow' | 'settings' | 'now' | 'family' | 'continuedBy'>,
  claiming = false,
): NotResumableCause | null {
  const live = liveClaim(run.claim, now) !== null
  if (continuedBy !== null && isSettledStatus(run.status)) return 'CONTINUED'
  switch (run.status) {
    case 'PAUSED': {
      const approval = openApproval(run)
      if (approval) return approval.kind === 'RECOVERY' ? 'APPROVAL_OPEN' : null
      return live && claiming ? 'OWNED' : null
    }
    case 'FAILED':
      if (run.contentRemovedAt !== null) return 'CONTENT_REMOVED'
      if (live) return 'OWNED'
      if (run.resumes >= (workflow.maxResumes ?? settings.maxResumes)) return 'RESUME_CAP'
      return isBlockedByAncestor(run, family) ? 'PARENT' : null
    case 'RUNNING':
      return 'OWNED'
    case 'QUEUED':
    case 'CANCELLING':
    case 'AWAITING_APPROVAL':
      return run.status
    default:
      return isFinalStatus(run.status) ? 'FINAL' : null
  }
}

function resume(draft: Draft, comment: string | null): void {
  const { run, now } = draft
  const from = run.status
  const held = from === 'PAUSED' && liveClaim(run.claim, now) !== null
  const to = openApproval(run) ? 'AWAITING_APPROVAL' : held ? 'RUNNING' : 'QUEUED'
  const epoch = from === 'FAILED' ? run.epoch + 1 : run.epoch
  const settledAt = run.settledAt === null ? null : new Date(run.settledAt).toISOString()
  const { reason, error } = run
  draft.note('run.resumed', { from, to, comment, reason, error, settledAt, awayMs: awayMsOf(draft) }, epoch)
}

/** Notes a claim under the next fence; never one that may have been given before the database was restored from a backup. */
export function claim(
  draft: Draft,
  { owner, leaseSeconds, kinds }: ClaimRequest,
  { fencesAfter }: Pick<Settings, 'fencesAfter'>,
): void {
  const expiresAt = leaseSeconds === 0 ? null : new Date(draft.now + leaseSeconds * 1000).toISOString()
  draft.note('run.claimed', {
    owner,
    fence: Math.max(draft.run.fence, fencesAfter) + 1,
    leaseSeconds,
    expiresAt,
    queuedFrom: new Date(queuedSince(draft.run)).toISOString(),
    awayMs: awayMsOf(draft),
    ...(kinds && kinds.length > 0 && { kinds: [...new Set(kinds)] }),
  })
}

/** The rules of commands about claims. */
export const ownershipRules = {
  claimRun: decideClaim,
  releaseRun: decideRelease,
  resumeRun: decideResume,
} satisfies Partial<RuleTable>
