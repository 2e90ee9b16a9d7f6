import { expect } from 'vitest'
import type { FailReason } from '../../src/lifecycle/run/enums.ts'
import {
  type AskedClaim,
  beginEpoch,
  cancelNow,
  completePhase,
  endExecutions,
  giveClaim,
  isActive,
  isAsking,
  isAtWork,
  isFinal,
  isGood,
  isLeased,
  isWaiting,
  move,
  note,
  openApprovalOf,
  settle,
  sign,
  withdrawQuestion,
} from './beliefs.ts'
import { attachedChildren, cancelBy, endWait, isClosed, isTakenAlong, parentOf } from './kinship.ts'
import {
  accepted,
  endOfChain,
  type Expected,
  LIMITS,
  type Model,
  type ModelRun,
  refused,
  unchanged,
} from './modelState.ts'
import { due } from './oracleDue.ts'
import { missingForRun } from './oraclePhases.ts'

/**
 * An independent implementation of the rules from the specification, to compare the server with: it shares only names
 * with the tested code. Each function applies one command to the oracle's model of a run.
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

export function claim(model: Model, run: ModelRun, asked: AskedClaim): Expected {
  const { now } = model
  const children = run.awaitsChildren ? attachedChildren(model, run.id).map(({ id }) => id) : []
  if (run.status !== 'QUEUED' || isWaiting(run, now) || children.length > 0)
    return notClaimable(run, now, children)
  giveClaim(run, asked, now)
  return accepted
}

function notClaimable(run: ModelRun, now: number, children: readonly string[] = []): Expected {
  const { status } = run
  const holder = isGood(run.claim, now) ? { owner: run.claim?.owner } : null
  const when = isWaiting(run, now) ? { claimableAt: expect.any(Number) } : { claimableAt: null }
  return refused('NotClaimable', { status, holder, children, ...when })
}

/** A driving write is refused unless its fence is that of the row's claim, and the claim is live. */
export function lostLease(run: ModelRun, now: number, fence: number | null): Expected | null {
  if (run.status !== 'QUEUED' && isGood(run.claim, now) && run.claim?.fence === fence) return null
  return refused('LeaseLost', { yourFence: fence ?? 0, currentFence: run.fence })
}

/** Refuses the owner of a settled run everything except a release. */
export function isOver(run: ModelRun): Expected | null {
  return isActive(run) ? null : refused('RunNotActive', { status: run.status, directive: 'STOP' })
}

/** Of the releases after settling only the last one's key is kept. */
export function rememberLastRelease(model: Model, run: ModelRun, key: string | null): void {
  if (key === null) return
  if (run.lastRelease !== null) model.keys.delete(`release ${run.lastRelease}`)
  run.lastRelease = key
}

/** How a release delays the next claim. */
export interface AskedWait {
  readonly seconds: number | null
  readonly blocked: boolean
  readonly untilChildren: boolean
}

export function release(
  model: Model,
  run: ModelRun,
  { seconds, blocked, untilChildren }: AskedWait,
): Expected {
  const { now } = model
  withdrawQuestion(run, now)
  switch (run.status) {
    case 'RUNNING': {
      const { queuedFrom } = run
      endExecutions(run, 'SUPERVISOR_LOST')
      run.claim = null
      run.awaitsChildren = untilChildren && attachedChildren(model, run.id).length > 0
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
  withdrawQuestion(run, now)
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
  name: string,
): Expected {
  const { now } = model
  if (!(lostJustNow && run.status === 'QUEUED')) {
    const refusal = reopen(model, run, asked, name)
    if (refusal) return refusal
    note(run, 'run.resumed', now)
  }
  if (asked && run.status === 'QUEUED') giveClaim(run, asked, now)
  return accepted
}

/** Resumes a run, or returns the refusal. */
function reopen(model: Model, run: ModelRun, asked: AskedClaim | null, name: string): Expected | null {
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
      run.awaitsChildren = false
      move(run, open ? 'AWAITING_APPROVAL' : isGood(run.claim, now) ? 'RUNNING' : 'QUEUED', now)
      return null
    }
    case 'FAILED': {
      if (isGood(run.claim, now)) return refuse('OWNED')
      if (run.resumes >= LIMITS.maxResumes) return refuse('RESUME_CAP')
      const parent = run.detached ? undefined : parentOf(model, run)
      const isBlocked = () => parent !== undefined && (isClosed(parent) || isTakenAlong(model, run))
      if (isBlocked()) return refuse('PARENT')
      // Changes due on the parent are applied before the note.
      if (parent) due(model, parent)
      if (isBlocked()) return refuse('PARENT')
      const holder = holderOf(model, run.concurrencyKey, run)
      if (holder) return refused('ConcurrencyConflict', { holder: { run: { id: holder.id } } })
      beginEpoch(run, now)
      run.resumes++
      if (parent) noteOn(parent, 'child.started', now, name)
      move(run, 'QUEUED', now)
      return null
    }
    case 'RUNNING':
      return refuse('OWNED')
    default:
      return refuse(isFinal(run) ? 'FINAL' : run.status)
  }
}

/** Notes on a parent what happened to its child. */
export function noteOn(parent: ModelRun, type: string, now: number, name: string): void {
  note(parent, type, now)
  sign(parent, name)
}

/** Detaches a child from its parent. */
export function detach(model: Model, run: ModelRun, name: string): Expected {
  const { now } = model
  if (run.detached) return unchanged
  if (run.parentId === null) return refused('InvalidInput')
  if (isClosed(run)) return refused('RunNotActive', { status: run.status })
  const parent = parentOf(model, run)
  if (parent && isActive(parent)) due(model, parent)
  // A due cancel from its parent's end is applied before it is detached.
  due(model, run)
  if (isClosed(run)) return refused('RunNotActive', { status: run.status })
  run.detached = true
  note(run, 'run.detached', now)
  if (parent && isActive(parent)) {
    noteOn(parent, 'child.detached', now, name)
    endWait(model, parent)
  }
  return accepted
}

export function complete(model: Model, run: ModelRun): Expected {
  const { now } = model
  const missing: { kind: string; phase: string | null }[] = [...missingForRun(run)]
  for (const _child of attachedChildren(model, run.id)) missing.push({ kind: 'CHILD', phase: null })
  if (run.status !== 'RUNNING' || missing.length > 0)
    return refused('NotCompletable', { status: run.status, missing })
  completePhase(run, now)
  settle(run, 'COMPLETED', 'COMPLETED', now)
  run.claim = null
  return accepted
}

export function fail(run: ModelRun, now: number, reason: FailReason): Expected {
  if (run.status !== 'QUEUED' && !isAtWork(run)) return refused('RunNotActive', { status: run.status })
  settle(run, 'FAILED', reason, now)
  run.claim = null
  return accepted
}

export function cancel(run: ModelRun, now: number, cascade: boolean): Expected {
  if (isFinal(run) || run.status === 'CANCELLING') return unchanged
  run.cascade = cascade
  cancelBy(run, now, 'CANCELLED_BY_USER')
  return accepted
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
  const grace = run.graceEndsAt
  const renewable =
    status === 'RUNNING' ||
    status === 'AWAITING_APPROVAL' ||
    status === 'PAUSED' ||
    (status === 'CANCELLING' && grace !== null && now < grace)
  if (renewable && held && isLeased(held, now) && held.fence === fence) {
    const asked = now + (seconds ?? held.seconds)
    held.expiresAt = grace === null ? asked : Math.max(held.expiresAt ?? 0, Math.min(asked, grace))
    return accepted
  }
  due(model, run)
  const holds = isGood(run.claim, now) && run.claim?.fence === fence
  return (holds ? isOver(run) : null) ?? refused('LeaseLost', { yourFence: fence, currentFence: run.fence })
}

function directiveOf(run: ModelRun): string {
  if (isAsking(run)) return 'WAIT'
  return run.status === 'RUNNING' ? 'CONTINUE' : run.status === 'CANCELLING' ? 'CANCEL' : 'PAUSE'
}

/** The directives returned with a lease: the current one, and the undelivered messages. */
export function directivesOf(run: ModelRun): object[] {
  if (!isActive(run)) return [{ kind: 'STOP', message: null }]
  const kind = directiveOf(run)
  const live = run.sessions.filter(({ status }) => status !== 'DISPOSED')
  const isReady = live.length === 0 || live.some(({ status }) => status === 'READY')
  const waiting = run.messages.filter(
    ({ status, mode }) => status === 'PENDING' && (mode === 'STEER' || isReady),
  )
  return [{ kind, message: null }, ...waiting.map(({ id }) => ({ kind: 'MESSAGE', message: { id } }))]
}
