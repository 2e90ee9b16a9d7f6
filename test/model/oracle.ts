import type { FailReason, ReportedEnd } from '../../src/lifecycle/words.ts'
import {
  type AskedClaim,
  beginEpoch,
  cancelNow,
  endExecutions,
  freshPhases,
  giveClaim,
  isActive,
  isFinal,
  isGood,
  isLeased,
  move,
  phaseAt,
  settle,
} from './beliefs.ts'
import {
  accepted,
  type Expected,
  LIMITS,
  type Model,
  type ModelRun,
  refused,
  unchanged,
} from './modelState.ts'
import { due } from './oracleDue.ts'

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
  due(holder, model.now)
  return holds(holder) ? holder : null
}

export function claim(run: ModelRun, now: number, asked: AskedClaim): Expected {
  if (run.status !== 'QUEUED')
    return refused('NotClaimable', { status: run.status, claim: run.claim && { fence: run.claim.fence } })
  giveClaim(run, asked, now)
  return accepted
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

export function release(run: ModelRun, now: number): Expected {
  switch (run.status) {
    case 'RUNNING':
      endExecutions(run, 'SUPERVISOR_LOST')
      run.claim = null
      move(run, 'QUEUED', now)
      return accepted
    case 'CANCELLING':
      cancelNow(run, now, false, 'SUPERVISOR_LOST')
      return accepted
    default:
      if (isActive(run)) {
        endExecutions(run, 'SUPERVISOR_LOST')
        run.activeAt = now
      }
      run.claim = null
      return accepted
  }
}

export function pause(run: ModelRun, now: number): Expected {
  if (!['QUEUED', 'RUNNING', 'AWAITING_APPROVAL'].includes(run.status))
    return refused('NotPausable', { status: run.status })
  move(run, 'PAUSED', now)
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
  const refuse = (because: string) => refused('NotResumable', { status: run.status, because })
  if (!(lostJustNow && run.status === 'QUEUED')) {
    switch (run.status) {
      case 'PAUSED':
        if (isGood(run.claim, now)) {
          if (asked) return refuse('OWNED')
          move(run, 'RUNNING', now)
          return accepted
        }
        move(run, 'QUEUED', now)
        break
      case 'FAILED': {
        if (isGood(run.claim, now)) return refuse('OWNED')
        if (run.resumes >= LIMITS.maxResumes) return refuse('RESUME_CAP')
        const holder = holderOf(model, run.concurrencyKey, run)
        if (holder) return refused('ConcurrencyConflict', { holder: { run: { id: holder.id } } })
        beginEpoch(run, now)
        run.resumes++
        move(run, 'QUEUED', now)
        break
      }
      case 'RUNNING':
        return refuse('OWNED')
      default:
        return refuse(isFinal(run) ? 'FINAL' : run.status)
    }
  }
  if (asked) giveClaim(run, asked, now)
  return accepted
}

export function complete(run: ModelRun, now: number): Expected {
  const here = phaseAt(run)
  const { final, next, artifact, approval } = graphOf(run)
  const done = here.status === 'COMPLETED' || (here.status === 'RUNNING' && !artifact?.required && !approval)
  const others = [...run.phases.entries()].every(
    ([key, { attempts, status }]) => key === run.at || attempts === 0 || status === 'COMPLETED',
  )
  const rounds = run.workflow.completeRoundAt === null || run.roundComplete
  const proven = (final || next.length === 0) && done && others && rounds
  if (run.status !== 'RUNNING' || !proven) return refused('NotCompletable', { status: run.status })
  here.status = 'COMPLETED'
  settle(run, 'COMPLETED', 'COMPLETED', now, 'CLOSED_BY_RUN')
  run.claim = null
  return accepted
}

const graphOf = (run: ModelRun, key = run.at) => {
  const phase = run.workflow.phases.find((each) => each.key === key)
  if (!phase) throw new Error(`the oracle knows no phase ${key}`)
  return phase
}

export function fail(run: ModelRun, now: number, reason: FailReason): Expected {
  if (run.status !== 'QUEUED' && run.status !== 'RUNNING')
    return refused('RunNotActive', { status: run.status })
  settle(run, 'FAILED', reason, now, 'CLOSED_BY_RUN')
  run.claim = null
  return accepted
}

export function cancel(run: ModelRun, now: number): Expected {
  if (isFinal(run) || run.status === 'CANCELLING') return unchanged
  if (!isLeased(run.claim, now)) {
    cancelNow(run, now, false, 'CLOSED_BY_RUN')
    return accepted
  }
  if (run.status === 'FAILED') beginEpoch(run, now)
  move(run, 'CANCELLING', now)
  return accepted
}

export function confirmCancel(run: ModelRun, now: number): Expected {
  if (run.status !== 'CANCELLING') return refused('RunNotActive', { status: run.status })
  cancelNow(run, now, true, 'CLOSED_BY_RUN')
  return accepted
}

export function remove(run: ModelRun, now: number): Expected {
  if (isActive(run) || isLeased(run.claim, now)) return refused('NotDeletable', { status: run.status })
  run.deleted = true
  return accepted
}

function illegal(run: ModelRun, key: string): Expected | null {
  if (run.status !== 'RUNNING') return refused('RunNotActive', { status: run.status })
  if (!run.phases.has(key)) return refused('UnknownPhase', { phase: key })
  return null
}

export function startPhase(run: ModelRun, now: number, key: string, repair: boolean): Expected {
  const { status } = phaseAt(run)
  const from = repair ? ['RUNNING'] : ['PENDING', 'FAILED', 'CANCELLED']
  const wrong = key !== run.at || !from.includes(status)
  const refusal =
    illegal(run, key) ?? (wrong ? refused('IllegalTransition', { from: run.at, to: key }) : null)
  if (refusal) return refusal
  enter(run, key, now)
  return accepted
}

function enter(run: ModelRun, key: string, now: number): void {
  const phase = phaseAt(run, key)
  phase.status = 'RUNNING'
  phase.attempts++
  phase.startedAt = now
  run.at = key
  run.activeAt = now
  if (key === run.workflow.completeRoundAt) run.roundComplete = false
}

export function failPhase(run: ModelRun, now: number, key: string): Expected {
  const wrong = key !== run.at || phaseAt(run).status !== 'RUNNING'
  const refusal =
    illegal(run, key) ?? (wrong ? refused('IllegalTransition', { from: run.at, to: key }) : null)
  if (refusal) return refusal
  phaseAt(run).status = 'FAILED'
  run.activeAt = now
  return accepted
}

export function advance(run: ModelRun, now: number, to: string): Expected {
  const refusal = illegal(run, to)
  if (refusal) return refusal
  const { workflow } = run
  const here = phaseAt(run)
  const anew = run.roundComplete && to === workflow.initialPhase
  const way = anew ? run.roundsDone < workflow.maxRounds : graphOf(run).next.includes(to)
  if (!way || (here.status !== 'COMPLETED' && here.status !== 'RUNNING'))
    return refused('IllegalTransition', { from: run.at, to })
  const { artifact, approval } = graphOf(run)
  const short = here.status === 'RUNNING' && (artifact?.required || approval !== null)
  const target = graphOf(run, to)
  const early =
    target.final && workflow.completeRoundAt !== null && workflow.completeRoundAt !== to && !run.roundComplete
  if (short || early) return refused('NotCompletable', { status: 'RUNNING' })
  here.status = 'COMPLETED'
  run.activeAt = now
  if (anew) {
    run.round = run.roundsDone + 1
    run.roundComplete = false
    run.at = workflow.initialPhase
    run.phases = freshPhases(workflow)
  } else {
    enter(run, to, now)
    if (target.final && !target.artifact && !target.approval) phaseAt(run).status = 'COMPLETED'
  }
  return accepted
}

export function completeRound(run: ModelRun, now: number): Expected {
  if (run.status !== 'RUNNING') return refused('RunNotActive', { status: run.status })
  if (run.roundComplete) return unchanged
  const here = phaseAt(run)
  if (run.at !== run.workflow.completeRoundAt || (here.status !== 'COMPLETED' && here.status !== 'RUNNING'))
    return refused('IllegalTransition', { from: run.at })
  here.status = 'COMPLETED'
  run.roundComplete = true
  run.roundsDone = Math.max(run.roundsDone, run.round)
  run.activeAt = now
  return accepted
}

/** Whether an execution may be started; the one it becomes is added by who learns its id. */
export function startExecution(run: ModelRun, now: number, phase: string | null): Expected {
  const refusal = phase === null ? illegal(run, run.at) : illegal(run, phase)
  if (refusal) return refusal
  if (phase !== null && phase !== run.at) return refused('InvalidInput')
  run.activeAt = now
  return accepted
}

export function finishExecution(run: ModelRun, now: number, id: string, end: ReportedEnd): Expected {
  const execution = run.executions.find((each) => each.id === id)
  if (!execution) return refused('ExecutionNotFound')
  const open =
    execution.end === null || execution.end === 'CLOSED_BY_RUN' || execution.end === 'SUPERVISOR_LOST'
  if (!open || execution.told) return refused('ExecutionAlreadyFinished')
  execution.end = end
  execution.told = true
  if (isActive(run)) run.activeAt = now
  return accepted
}

export function renew(run: ModelRun, now: number, fence: number, seconds: number | null): Expected {
  const { status, claim: held } = run
  const renewable =
    status === 'RUNNING' ||
    status === 'AWAITING_APPROVAL' ||
    status === 'PAUSED' ||
    (status === 'CANCELLING' && now < run.statusAt + LIMITS.cancelGraceSeconds)
  if (renewable && held && isLeased(held, now) && held.fence === fence) {
    held.expiresAt = now + (seconds ?? held.seconds)
    return accepted
  }
  due(run, now)
  return refused('LeaseLost', { yourFence: fence, currentFence: run.fence })
}
