import { expect } from 'vitest'
import type { FailReason } from '../../src/lifecycle/words.ts'
import {
  type AskedClaim,
  beginEpoch,
  cancelNow,
  completePhase,
  endExecutions,
  giveClaim,
  isActive,
  isFinal,
  isGood,
  isLeased,
  isWaiting,
  move,
  note,
  openApprovalOf,
  settle,
} from './beliefs.ts'
import {
  accepted,
  endOfChain,
  type Expected,
  LIMITS,
  type Model,
  type ModelRun,
  refused,
  telling,
  unchanged,
} from './modelState.ts'
import { due } from './oracleDue.ts'
import { missingForRun } from './oraclePhases.ts'

/**
 * The rules once more, written from the specification alone, to hold the server against: nothing here comes from the
 * code it judges but words. Each function is one command on the oracle's own belief about a run.
 */

/** The run whose row holds a concurrency key, after what was due on it. */
export function holderOf(model: Model, key: string | null, except: ModelRun | null): ModelRun | null {
  if (key === null) return null
  const holds = (run: ModelRun) =>
    run.concurrencyKey === key && !run.deleted && (isActive(run) || run.claim !== null)
  const holder = model.runs.find((run) => run !== except && holds(run))
  if (!holder) return null
  due(model, holder)
  return holds(holder) ? holder : null
}

export function claim(run: ModelRun, now: number, asked: AskedClaim): Expected {
  if (run.status !== 'QUEUED' || isWaiting(run, now)) return notClaimable(run, now)
  giveClaim(run, asked, now)
  return accepted
}

function notClaimable(run: ModelRun, now: number): Expected {
  const { status, claim: held } = run
  const when = isWaiting(run, now) ? { claimableAt: expect.any(Number) } : { claimableAt: null }
  return refused('NotClaimable', { status, claim: held && { fence: held.fence }, ...when })
}

/** A driving write is refused unless its fence is that of the claim on the row, and the claim is good. */
export function lostLease(run: ModelRun, now: number, fence: number | null): Expected | null {
  if (run.status !== 'QUEUED' && isGood(run.claim, now) && run.claim?.fence === fence) return null
  return refused('LeaseLost', { yourFence: fence ?? 0, currentFence: run.fence })
}

/** Of the releases after settling only the last one's key is kept. */
export function rememberLastRelease(model: Model, run: ModelRun, key: string | null): void {
  if (key === null) return
  if (run.lastRelease !== null) model.keys.delete(`release ${run.lastRelease}`)
  run.lastRelease = key
}

/** How a release puts off the next claim. */
export interface AskedWait {
  readonly seconds: number | null
  readonly blocked: boolean
}

export function release(run: ModelRun, now: number, { seconds, blocked }: AskedWait): Expected {
  switch (run.status) {
    case 'RUNNING': {
      const { queuedFrom } = run
      endExecutions(run, 'SUPERVISOR_LOST')
      run.claim = null
      move(run, 'QUEUED', now)
      run.notBefore = seconds === null ? null : now + seconds
      run.queuedFrom = blocked ? queuedFrom : run.notBefore
      note(run, 'run.requeued', now)
      return accepted
    }
    case 'CANCELLING':
      cancelNow(run, now, { end: 'SUPERVISOR_LOST' })
      return accepted
    default:
      if (isActive(run)) {
        endExecutions(run, 'SUPERVISOR_LOST')
        note(run, 'run.released', now)
      }
      run.claim = null
      return accepted
  }
}

export function pause(run: ModelRun, now: number): Expected {
  if (!['QUEUED', 'RUNNING', 'AWAITING_APPROVAL'].includes(run.status))
    return refused('NotPausable', { status: run.status })
  move(run, 'PAUSED', now)
  note(run, 'run.paused', now)
  return accepted
}

/** @param lostJustNow whether the run was RUNNING until what was due put it back into the queue */
export function resume(
  model: Model,
  run: ModelRun,
  lostJustNow: boolean,
  asked: AskedClaim | null,
): Expected {
  const { now } = model
  if (!(lostJustNow && run.status === 'QUEUED')) {
    const refusal = reopen(model, run, asked)
    if (refusal) return refusal
    note(run, 'run.resumed', now)
  }
  if (asked && run.status === 'QUEUED') giveClaim(run, asked, now)
  return accepted
}

/** Brings a run back to where it goes on, or says why it doesn't. */
function reopen(model: Model, run: ModelRun, asked: AskedClaim | null): Expected | null {
  const { now } = model
  const refuse = (because: string, continuedBy: string | null = null) =>
    refused('NotResumable', { status: run.status, because, continuedBy })
  const end = isActive(run) ? null : endOfChain(model, run)
  if (end) return refuse('CONTINUED', end.id)
  switch (run.status) {
    case 'PAUSED': {
      const open = openApprovalOf(run)
      if (open?.kind === 'RECOVERY') return refuse('APPROVAL_OPEN')
      if (!open && isGood(run.claim, now) && asked) return refuse('OWNED')
      if (asked && isWaiting(run, now)) return notClaimable(run, now)
      move(run, open ? 'AWAITING_APPROVAL' : isGood(run.claim, now) ? 'RUNNING' : 'QUEUED', now)
      return null
    }
    case 'FAILED': {
      if (isGood(run.claim, now)) return refuse('OWNED')
      if (run.resumes >= LIMITS.maxResumes) return refuse('RESUME_CAP')
      const holder = holderOf(model, run.concurrencyKey, run)
      if (holder) return refused('ConcurrencyConflict', { holder: { run: { id: holder.id } } })
      beginEpoch(run, now)
      run.resumes++
      move(run, 'QUEUED', now)
      return null
    }
    case 'RUNNING':
      return refuse('OWNED')
    default:
      return refuse(isFinal(run) ? 'FINAL' : run.status)
  }
}

export function complete(run: ModelRun, now: number): Expected {
  const missing = missingForRun(run)
  if (run.status !== 'RUNNING' || missing.length > 0)
    return refused('NotCompletable', { status: run.status, missing })
  completePhase(run, now)
  settle(run, 'COMPLETED', 'COMPLETED', now)
  run.claim = null
  return accepted
}

export function fail(run: ModelRun, now: number, reason: FailReason): Expected {
  if (run.status !== 'QUEUED' && run.status !== 'RUNNING')
    return refused('RunNotActive', { status: run.status })
  settle(run, 'FAILED', reason, now)
  run.claim = null
  return accepted
}

export function cancel(run: ModelRun, now: number, cascade: boolean): Expected {
  if (isFinal(run) || run.status === 'CANCELLING') return unchanged
  run.cascade = cascade
  if (isLeased(run.claim, now)) askToStop(run, now, 'CANCELLED_BY_USER')
  else cancelNow(run, now, { reason: 'CANCELLED_BY_USER' })
  return accepted
}

/** The owner stops first: what it holds nobody takes away. */
export function askToStop(
  run: ModelRun,
  now: number,
  reason: 'CANCELLED_BY_USER' | 'CLOSED_BY_PARENT',
): void {
  if (run.status === 'FAILED') beginEpoch(run, now)
  run.cancelReason = reason
  move(run, 'CANCELLING', now)
  note(run, 'run.cancel_requested', now)
}

export function confirmCancel(run: ModelRun, now: number): Expected {
  if (run.status !== 'CANCELLING') return refused('RunNotActive', { status: run.status })
  cancelNow(run, now, { confirmed: true })
  return accepted
}

export function remove(model: Model, run: ModelRun): Expected {
  const { status } = run
  if (isActive(run) || isLeased(run.claim, model.now)) return refused('NotDeletable', { status })
  const end = endOfChain(model, run)
  if (end) return refused('NotDeletable', { status, continuedBy: end.id })
  run.deleted = true
  return accepted
}

export function renew(model: Model, run: ModelRun, fence: number, seconds: number | null): Expected {
  const { now } = model
  const { status, claim: held } = run
  const renewable =
    status === 'RUNNING' ||
    status === 'AWAITING_APPROVAL' ||
    status === 'PAUSED' ||
    (status === 'CANCELLING' && now < run.statusAt + LIMITS.cancelGraceSeconds)
  if (renewable && held && isLeased(held, now) && held.fence === fence) {
    held.expiresAt = now + (seconds ?? held.seconds)
    return telling(accepted, { directives: directivesOf(run) })
  }
  due(model, run)
  return refused('LeaseLost', { yourFence: fence, currentFence: run.fence })
}

/** What an owner is told with its lease: how it stands, and the messages that nobody has received. */
function directivesOf(run: ModelRun): object[] {
  const kind = run.status === 'RUNNING' ? 'CONTINUE' : run.status === 'CANCELLING' ? 'CANCEL' : 'PAUSE'
  const live = run.sessions.filter(({ status }) => status !== 'DISPOSED')
  const isReady = live.length === 0 || live.some(({ status }) => status === 'READY')
  const waiting = run.messages.filter(
    ({ status, mode }) => status === 'PENDING' && (mode === 'STEER' || isReady),
  )
  return [{ kind, message: null }, ...waiting.map(({ id }) => ({ kind: 'MESSAGE', message: { id } }))]
}
