import type { RunReason } from '../../src/lifecycle/run/enums.ts'
import {
  cancelNow,
  endExecutions,
  failUnderOwner,
  inFlight,
  isActive,
  isGood,
  isLeased,
  isWorkedOn,
  move,
  moveInTurn,
  note,
  openApprovalOf,
  phaseAt,
  settle,
  sign,
  withdrawQuestion,
} from './beliefs.ts'
import { activeChildren, cancelBy, isTakenAlong } from './kinship.ts'
import { LIMITS, type Model, type ModelRun } from './modelState.ts'
import { answerApproval } from './oracleAnswers.ts'

/** Applies everything that is due now, before any other check. */
export function due(model: Model, run: ModelRun): void {
  if (run.deleted) return
  const { now } = model
  const hasActiveChild = activeChildren(model, run.id).length > 0
  lapse(run, now)
  if (isActive(run) && run.status !== 'CANCELLING' && isTakenAlong(model, run)) {
    run.cascade = true
    cancelBy(run, now, 'CLOSED_BY_PARENT')
  }
  overtime(run, now)
  expireApproval(run, now)
  if (!hasActiveChild) goStale(run, now)
  sign(run, 'system')
}

function lapse(run: ModelRun, now: number): void {
  if (run.status === 'CANCELLING') {
    if (run.graceEndsAt !== null && now >= run.graceEndsAt)
      cancelNow(run, now, { end: 'SUPERVISOR_LOST', keeps: isGood(run.claim, now) })
    return
  }
  if (run.claim === null) return
  if (isGood(run.claim, now)) {
    const silent = now - run.activeAt
    const orphaned =
      run.status === 'RUNNING' &&
      run.claim.expiresAt === null &&
      silent >= (inFlight(run) ? LIMITS.staleAfterSeconds : LIMITS.orphanAfterSeconds)
    if (orphaned) loseOwner(run, now)
    return
  }
  withdrawQuestion(run, now)
  if (run.status === 'RUNNING') {
    if (run.workflow.onOwnerLost === 'REQUEUE' && run.takeovers < LIMITS.maxTakeovers) {
      run.takeovers++
      endExecutions(run, 'SUPERVISOR_LOST')
      run.claim = null
      move(run, 'QUEUED', now)
      note(run, 'run.requeued', now)
    } else loseOwner(run, now, run.workflow.onOwnerLost === 'REQUEUE' ? 'TAKEOVER_CAP' : 'OWNER_LOST')
    return
  }
  if (isActive(run)) {
    endExecutions(run, 'SUPERVISOR_LOST')
    note(run, 'run.released', now)
  }
  run.claim = null
}

function loseOwner(run: ModelRun, now: number, reason: RunReason = 'OWNER_LOST'): void {
  settle(run, 'FAILED', reason, now, 'SUPERVISOR_LOST')
  run.claim = null
}

function overtime(run: ModelRun, now: number): void {
  if (!isActive(run) || run.status === 'CANCELLING') return
  const { queueSeconds, runSeconds, idleSeconds } = run.workflow.timeouts
  const reached: [number, RunReason][] = []
  const limit = (since: number, seconds: number | null | undefined, reason: RunReason) => {
    if (seconds != null && now >= since + seconds) reached.push([since + seconds, reason])
  }
  if (run.status === 'QUEUED' && !run.awaitsChildren)
    limit(run.queuedFrom ?? run.statusAt, queueSeconds, 'QUEUE_TIMEOUT')
  if (run.status === 'RUNNING') {
    const phase = phaseAt(run)
    const seconds = run.workflow.phases.find(({ key }) => key === run.at)?.timeoutSeconds
    if (isWorkedOn(phase)) limit(phase.startedAt + run.away, seconds, 'PHASE_TIMEOUT')
    limit(run.activeAt, idleSeconds, 'IDLE_TIMEOUT')
  }
  limit(run.epochAt, runSeconds, 'RUN_TIMEOUT')
  const [first] = reached.toSorted(([one], [other]) => one - other)
  if (first) failUnderOwner(run, first[1], now)
}

/** Applies the expiry policy of an approval that nobody decided in time. */
function expireApproval(run: ModelRun, now: number): void {
  const approval = openApprovalOf(run)
  if (!approval || approval.expiresAt === null || approval.expiresAt > now) return
  if (approval.onExpiry === 'WAIT' || !['AWAITING_APPROVAL', 'PAUSED'].includes(run.status)) return
  approval.status = 'EXPIRED'
  approval.decidedBy = 'system'
  note(run, 'approval.expired', now)
  if (approval.onExpiry === 'CONTINUE') return moveInTurn(run, 'RUNNING', now)
  if (approval.onExpiry === 'REJECT')
    answerApproval(run, approval, approval.kind === 'REVIEW' ? 'REJECT' : 'ABORT', now)
  else if (isLeased(run.claim, now)) failUnderOwner(run, 'APPROVAL_EXPIRED', now)
  else {
    settle(run, 'EXPIRED', 'APPROVAL_EXPIRED', now)
    run.claim = null
  }
}

function goStale(run: ModelRun, now: number): void {
  if (!['QUEUED', 'PAUSED', 'AWAITING_APPROVAL'].includes(run.status)) return
  const silentSince = Math.max(run.activeAt, run.notBefore ?? 0)
  if (inFlight(run) || isLeased(run.claim, now) || now - silentSince < LIMITS.staleAfterSeconds) return
  const open = openApprovalOf(run)
  if (run.status === 'PAUSED' && open?.kind !== 'RECOVERY') return
  if (open && (open.expiresAt === null || open.onExpiry === 'WAIT')) return
  settle(run, 'EXPIRED', 'STALE', now)
  run.claim = null
}
