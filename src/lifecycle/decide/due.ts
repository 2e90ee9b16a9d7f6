import { SYSTEM_ACTOR } from '../run/actor.ts'
import { expireApproval } from './approvals.ts'
import { closingAncestor, type Family } from '../run/family.ts'
import {
  type Approval,
  holdsLease,
  type Instant,
  isPausedByPerson,
  liveClaim,
  openApproval,
  queuedSince,
  type Run,
  waitsForEver,
} from '../run/run.ts'
import { cancelUnconfirmed, executionsInFlight, expireRun, fail, requestCancel } from './settleRun.ts'
import type { Settings } from '../run/settings.ts'
import { Draft, type Situation } from '../log/draft.ts'
import { admits, stateOf } from '../run/transitions.ts'
import { withdrawQuestion } from './withdrawQuestion.ts'
import { findWorkflowPhase, type WorkflowDefinition } from '../workflow/workflow.ts'
import { isSettledStatus, type RunReason } from '../run/enums.ts'

type Rules = Pick<Situation, 'workflow' | 'settings' | 'now' | 'family'>

/**
 * Applies what is due, in this order: a lapse, the end of an ancestor, a timeout, an expired approval, an expiry.
 * Every decision starts with it, so that no answer depends on when a sweep ran (G5). Returns the draft with the
 * events noted; none if nothing is due.
 */
export function applyDue(run: Run, { workflow, settings, now, family }: Rules): Draft {
  const draft = new Draft(run, workflow, now, SYSTEM_ACTOR)
  lapse(draft, settings)
  cancelWithAncestor(draft, settings, family)
  timeOut(draft)
  expireApprovals(draft, settings)
  if (family.children.length === 0) expire(draft, settings)
  return draft
}

/**
 * Returns when something other than the expiry of its lease becomes due for the run; null if nothing will.
 *
 * @param after only times later than this; default: all, including due times already past and put off
 */
export function nextDueAt(
  run: Run,
  workflow: WorkflowDefinition,
  settings: Settings,
  after: Instant = Number.NEGATIVE_INFINITY,
): Instant | null {
  if (isSettledStatus(run.status)) return null
  const moments = limitsOf(run, workflow).map(({ at }) => at)
  const approval = openApproval(run)
  if (approval && expires(approval)) moments.push(approval.expiresAt)
  if (mayExpire(run)) moments.push(staleAt(run, settings))
  if (run.status === 'CANCELLING') moments.push(graceEndsAt(run, settings))
  if (run.status === 'RUNNING' && run.claim?.expiresAt === null) moments.push(orphanedAt(run, settings))
  const ahead = moments.filter((at) => at > after)
  return ahead.length > 0 ? Math.min(...ahead) : null
}

/** Returns when the grace period of a cancelled owner ends. */
export function graceEndsAt(run: Run, settings: Settings): Instant {
  // a cancel requested before grace periods were stored uses the one of the settings
  return run.grace?.endsAt ?? run.statusAt + settings.cancelGraceSeconds * 1000
}

function orphanedAt(run: Run, settings: Settings): Instant {
  return run.lastActivityAt + settings.orphanAfterSeconds * 1000
}

function staleAt(run: Run, settings: Settings): Instant {
  const waitedFor = Math.max(run.lastActivityAt, run.notBefore ?? run.lastActivityAt)
  return waitedFor + settings.staleAfterSeconds * 1000
}

function lapse(draft: Draft, settings: Settings): void {
  const { now } = draft
  // the agent that asked is gone with its owner: the run lapses as if it were RUNNING
  if (!liveClaim(draft.run.claim, now)) withdrawQuestion(draft, 'OWNER_LOST')
  const { run } = draft
  // an expired claim on a settled run ends without an event: nothing follows a settled status
  if (isSettledStatus(run.status) && run.claim && !liveClaim(run.claim, now))
    draft.run = { ...run, claim: null }
  if (!admits('lapse', stateOf(run))) return
  const live = liveClaim(run.claim, now) !== null
  if (run.status === 'CANCELLING') {
    // only the grace delays the status; the owner's hold on the run lasts as long as its lease
    if (now >= graceEndsAt(run, settings)) cancelUnconfirmed(draft, !live)
    return
  }
  if (live) return lapseSilent(draft, settings)
  switch (run.status) {
    case 'RUNNING':
      return loseOwner(draft, settings)
    default:
      if (run.claim)
        draft.note('run.released', {
          fence: run.claim.fence,
          because: 'LEASE_EXPIRED',
          executions: executionsInFlight(run),
        })
  }
}

/**
 * Cancels an attached run if an ancestor's end cascades to it: once the ancestor's cancel was accepted, or once it
 * settled other than COMPLETED.
 */
function cancelWithAncestor(draft: Draft, settings: Settings, family: Family): void {
  const above = closingAncestor(family)
  const { status, detached } = draft.run
  if (!above || detached || !admits('cancelRun', status) || isSettledStatus(status)) return
  const comment = `the run ${above.id} above it is ${above.status}`
  requestCancel(draft, settings, { reason: 'CLOSED_BY_PARENT', comment, cascade: true })
}

function loseOwner(draft: Draft, settings: Settings): void {
  const { run, workflow } = draft
  const cap = workflow.maxTakeovers ?? settings.maxTakeovers
  if (workflow.onOwnerLost === 'REQUEUE' && run.takeovers < cap) {
    draft.note('run.requeued', {
      fence: run.fence,
      because: 'OWNER_LOST',
      executions: executionsInFlight(run),
    })
  } else if (workflow.onOwnerLost === 'REQUEUE') {
    const said = `and the run was taken over ${run.takeovers} times, as often as its workflow allows`
    failLostOwner(draft, { reason: 'TAKEOVER_CAP', said })
  } else {
    failLostOwner(draft)
  }
}

/**
 * A run claimed without a lease loses its owner after a period of silence; executions in flight extend that period,
 * up to `staleAfterSeconds`.
 */
function lapseSilent(draft: Draft, settings: Settings): void {
  const { run, now } = draft
  if (run.status !== 'RUNNING' || run.claim?.expiresAt !== null) return
  if (now < orphanedAt(run, settings)) return
  if (executionsInFlight(run).length > 0 && now < staleAt(run, settings)) return
  failLostOwner(draft)
}

function failLostOwner(
  draft: Draft,
  { reason, said }: { reason: RunReason; said: string } = { reason: 'OWNER_LOST', said: '' },
): void {
  const owner = draft.run.claim?.owner ?? 'nobody'
  fail(draft, reason, [`the owner ${owner} was lost`, said].filter(Boolean).join(', '), {
    leaseEnds: true,
    executionsEnd: 'SUPERVISOR_LOST',
  })
}

interface Limit {
  readonly at: Instant
  readonly reason: RunReason
  readonly error: string
}

/** The workflow's time limits that apply to the run in its current state. */
function limitsOf(run: Run, workflow: WorkflowDefinition): Limit[] {
  if (!admits('timeout', stateOf(run))) return []
  const { queueSeconds, runSeconds, idleSeconds } = workflow.timeouts
  const limits: Limit[] = []
  const limit = (since: Instant, seconds: number | null, reason: RunReason, what: string) => {
    if (seconds !== null)
      limits.push({ at: since + seconds * 1000, reason, error: `${what} longer than ${seconds} s` })
  }
  // a run that waits for its children counts as queued only once they have ended
  if (run.status === 'QUEUED' && !run.awaitsChildren)
    limit(queuedSince(run), queueSeconds, 'QUEUE_TIMEOUT', 'the run was queued')
  if (run.status === 'RUNNING') {
    const phase = run.phases.find((each) => each.key === run.currentPhase && each.round === run.round)
    if (
      phase &&
      phase.startedAt !== null &&
      (phase.status === 'RUNNING' || phase.status === 'AWAITING_ARTIFACT')
    ) {
      const seconds = findWorkflowPhase(workflow, phase.key)?.timeoutSeconds ?? null
      limit(phase.startedAt + run.awayMs, seconds, 'PHASE_TIMEOUT', `phase ${phase.key} took`)
    }
    limit(run.lastActivityAt, idleSeconds, 'IDLE_TIMEOUT', 'the run was silent')
  }
  limit(run.epochAt, runSeconds, 'RUN_TIMEOUT', 'the run took')
  return limits
}

function timeOut(draft: Draft): void {
  const { run, workflow, now } = draft
  const passed = limitsOf(run, workflow)
    .filter(({ at }) => at <= now)
    .toSorted((a, b) => a.at - b.at)[0]
  // the owner keeps its lease until it has stopped, so that no one else can claim the run before
  if (passed) fail(draft, passed.reason, passed.error, { leaseEnds: !holdsLease(run.claim, now) })
}

function expireApprovals(draft: Draft, settings: Settings): void {
  const approval = openApproval(draft.run)
  if (!approval || !expires(approval) || approval.expiresAt > draft.now) return
  if (admits('decideApproval', stateOf(draft.run))) expireApproval(draft, approval, settings)
}

/** True for an approval whose expiry policy decides it when its time is over. */
function expires(approval: Approval): approval is Approval & { expiresAt: Instant } {
  return approval.expiresAt !== null && approval.onExpiry !== 'WAIT'
}

function expire(draft: Draft, settings: Settings): void {
  const { run, now } = draft
  if (!mayExpire(run) || now < staleAt(run, settings)) return
  if (holdsLease(run.claim, now) || executionsInFlight(run).length > 0) return
  expireRun(draft, 'STALE')
}

/**
 * True for a run that may expire for silence: neither paused by a person nor waiting on an approval without a time
 * limit.
 */
function mayExpire(run: Run): boolean {
  return admits('expire', stateOf(run)) && !isPausedByPerson(run) && !run.approvals.some(waitsForEver)
}
