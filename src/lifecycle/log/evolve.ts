import type { Closed, EventPayload, RunEvent } from '../run/events.ts'
import {
  changeMessages,
  endSessions,
  evolveWork,
  moveSession,
  voidApprovals,
} from '../activity/evolveWork.ts'
import type { Attempt, Execution, Instant, Phase, Run } from '../run/run.ts'
import type { WorkflowDefinition } from '../workflow/workflow.ts'
import type { RunStatus, SettledStatus } from '../run/enums.ts'

/**
 * The fold (G6): applies one event to a run. Runs change nowhere else; a decision folds its own events, and verifying
 * a log folds all of them. The first event of a run is `run.created`, folded onto null.
 */
export function evolve(run: Run | null, event: RunEvent, runId: string, workflow: WorkflowDefinition): Run {
  if (event.type === 'run.created') return create(runId, event, event.payload, workflow)
  if (!run) throw new Error(`the log of ${runId} begins with ${event.type}`)
  const next = change(run, event, workflow)
  return { ...next, epoch: event.epoch, revision: event.seq, lastActivityAt: event.at }
}

function create(
  id: string,
  event: RunEvent,
  { completedRound, chainId, ...told }: EventPayload<'run.created'>,
  workflow: WorkflowDefinition,
): Run {
  return {
    ...told,
    id,
    // logs of earlier versions do not record the chain; only the row does
    chainId: chainId ?? id,
    status: 'QUEUED',
    reason: null,
    error: null,
    cancelConfirmed: null,
    cancelReason: null,
    cascade: true,
    grace: null,
    detached: told.detached ?? false,
    epoch: event.epoch,
    revision: event.seq,
    round: completedRound + 1,
    firstRound: completedRound + 1,
    completedRound,
    roundComplete: false,
    currentPhase: workflow.initialPhase,
    output: null,
    fence: 0,
    claim: null,
    claimants: [],
    resumes: 0,
    takeovers: 0,
    ...AT_ONCE,
    awayMs: 0,
    createdBy: event.actor,
    createdById: event.actorId,
    createdAt: event.at,
    epochAt: event.at,
    statusAt: event.at,
    startedAt: null,
    settledAt: null,
    lastActivityAt: event.at,
    contentRemovedAt: null,
    contentRemovedBy: null,
    contentRemovedById: null,
    phases: [],
    executions: [],
    sessions: [],
    artifacts: [],
    approvals: [],
    messages: [],
  }
}

function change(
  run: Run,
  event: Exclude<RunEvent, { type: 'run.created' }>,
  workflow: WorkflowDefinition,
): Run {
  switch (event.type) {
    case 'run.claimed': {
      const { owner, fence, leaseSeconds, expiresAt, queuedFrom, awayMs, kinds = [] } = event.payload
      const claim = {
        owner,
        fence,
        seconds: leaseSeconds,
        expiresAt: expiresAt === null ? null : Date.parse(expiresAt),
        claimedBy: event.actorId === null ? null : event.actor,
        claimedById: event.actorId,
        kinds,
      }
      const claimants = withClaimant(run.claimants, event.actorId)
      const startedAt = run.startedAt ?? event.at
      return {
        ...moveTo(run, 'RUNNING', event.at, awayMs),
        ...AT_ONCE,
        queuedFrom: toInstant(queuedFrom),
        claim,
        claimants,
        fence,
        startedAt,
      }
    }
    case 'run.released':
      return { ...endExecutions(run, event.payload.executions, 'SUPERVISOR_LOST', event.at), claim: null }
    case 'run.requeued': {
      const requeued = endExecutions(run, event.payload.executions, 'SUPERVISOR_LOST', event.at)
      const { because, notBefore, waitsFor = null, blocked = false } = event.payload
      const awaitsChildren = event.payload.untilChildren ?? false
      const takeovers = run.takeovers + (because === 'OWNER_LOST' ? 1 : 0)
      const queuedFrom = blocked ? run.queuedFrom : toInstant(notBefore)
      const wait = { notBefore: toInstant(notBefore), waitsFor, queuedFrom }
      return { ...moveTo(requeued, 'QUEUED', event.at), ...wait, awaitsChildren, claim: null, takeovers }
    }
    case 'run.paused':
      return moveTo(run, 'PAUSED', event.at, event.payload.awayMs)
    case 'run.resumed':
      return resume(run, event.at, event.payload)
    case 'run.completed':
      return {
        ...settle(run, event.at, 'COMPLETED', event.payload.closed),
        reason: 'COMPLETED',
        output: event.payload.output,
        claim: null,
      }
    case 'run.failed': {
      const { reason, error, leaseEnds, closed } = event.payload
      return {
        ...settle(run, event.at, 'FAILED', closed),
        reason,
        error,
        claim: leaseEnds ? null : run.claim,
      }
    }
    case 'run.cancel_requested': {
      const reopened = run.epoch === event.epoch ? run : beginEpoch(run, event.at)
      const { reason, cascade, graceSeconds: seconds } = event.payload
      const grace = seconds === undefined ? null : { seconds, endsAt: event.at + Math.round(seconds * 1000) }
      return {
        ...moveTo(reopened, 'CANCELLING', event.at),
        cascade,
        cancelReason: reason,
        grace,
        awaitsChildren: false,
      }
    }
    case 'run.cancelled': {
      const reopened = run.epoch === event.epoch ? run : beginEpoch(run, event.at)
      const { reason, confirmed, cascade, leaseEnds = true, closed } = event.payload
      return {
        ...settle(reopened, event.at, 'CANCELLED', closed),
        reason,
        cascade,
        cancelConfirmed: confirmed,
        cancelReason: null,
        grace: null,
        claim: leaseEnds ? null : run.claim,
      }
    }
    case 'run.expired':
      return {
        ...settle(run, event.at, 'EXPIRED', event.payload.closed),
        reason: event.payload.reason,
        claim: null,
      }
    case 'run.detached':
      return { ...run, detached: true }
    case 'child.started':
      return run
    case 'child.settled':
    case 'child.detached':
      return event.payload.last ? endWait(run, event.at) : run
    case 'round.opened':
      return openRound(run, event.payload)
    case 'round.completed': {
      const completedRound = Math.max(run.completedRound, event.payload.round)
      return { ...run, completedRound, roundComplete: true }
    }
    case 'phase.started': {
      const { id, phase, attempt } = event.payload
      const started = changePhase(run, id, (before) => ({
        ...before,
        status: 'RUNNING',
        attempts: attempt,
        startedAt: event.at,
        endedAt: null,
        error: null,
        history: [...before.history, { attempt, epoch: event.epoch, status: 'RUNNING' }],
      }))
      const roundComplete = workflow.completeRoundAt === phase ? false : run.roundComplete
      return { ...started, currentPhase: phase, roundComplete, awayMs: 0 }
    }
    case 'phase.completed':
      return changePhase(run, event.payload.id, (phase) => endPhase(phase, 'COMPLETED', event.at))
    case 'phase.failed': {
      const { id, error, sessionId } = event.payload
      const failed = changePhase(run, id, (phase) => ({ ...endPhase(phase, 'FAILED', event.at), error }))
      return moveSession(failed, sessionId, 'FAILED_NEEDS_HUMAN')
    }
    case 'execution.started':
      return {
        ...run,
        executions: [...run.executions, launch(run, event)],
      }
    case 'execution.finished': {
      const { id, exitCode, signal, end } = event.payload
      return changeExecutions(run, [id], (execution) => ({
        ...execution,
        exitCode,
        signal,
        end,
        endedAt: event.at,
      }))
    }
    default:
      return evolveWork(run, event)
  }
}

function withClaimant(claimants: Run['claimants'], id: string | null): Run['claimants'] {
  return id === null || claimants.includes(id) ? claimants : [...claimants, id]
}

/** No wait: the run can be claimed as soon as it is QUEUED, and its queue limit counts from then. */
const AT_ONCE = { notBefore: null, waitsFor: null, queuedFrom: null, awaitsChildren: false } as const

/** @param awayMs milliseconds for which the run had not been RUNNING */
function moveTo(run: Run, status: RunStatus, at: Instant, awayMs = 0): Run {
  return { ...run, status, statusAt: at, awayMs: run.awayMs + awayMs }
}

function toInstant(moment: string | undefined): Instant | null {
  return moment === undefined ? null : Date.parse(moment)
}

function beginEpoch(run: Run, at: Instant): Run {
  // earlier rounds are over: a decision does not even load their phases
  const phases = run.phases.map((phase) =>
    phase.round === run.round && phase.rejections > 0 ? { ...phase, rejections: 0 } : phase,
  )
  return {
    ...run,
    reason: null,
    error: null,
    settledAt: null,
    epochAt: at,
    takeovers: 0,
    claimants: [],
    phases,
  }
}

function resume(run: Run, at: Instant, { from, to, awayMs }: EventPayload<'run.resumed'>): Run {
  if (from !== 'FAILED') return { ...moveTo(run, to, at, awayMs), ...AT_ONCE }
  // a claim may have outlived the settling and then ended without an event
  return { ...moveTo(beginEpoch(run, at), to, at), claim: null, resumes: run.resumes + 1 }
}

/** Ends the wait for children: the queue limit counts from now. */
function endWait(run: Run, at: Instant): Run {
  if (!run.awaitsChildren) return run
  return { ...run, awaitsChildren: false, queuedFrom: Math.max(run.queuedFrom ?? 0, at) }
}

function settle(run: Run, at: Instant, status: SettledStatus, closed: Closed): Run {
  const ended = endExecutions(run, closed.executions, closed.executionsEnd, at)
  const cancelled = new Set(closed.phases)
  const skipped = new Set(closed.skipped)
  const phases = ended.phases.map((phase) => {
    if (cancelled.has(phase.id)) return endPhase(phase, 'CANCELLED', at)
    return skipped.has(phase.id) ? { ...phase, status: 'SKIPPED' as const } : phase
  })
  const settled = { ...moveTo(ended, status, at), ...AT_ONCE, settledAt: at, phases }
  const disposed = endSessions(settled, closed.sessions)
  return changeMessages(voidApprovals(disposed, closed.approvals), closed.messages, { status: 'UNDELIVERED' })
}

function openRound(run: Run, opened: EventPayload<'round.opened'>): Run {
  const phases = opened.phases.map(({ id, key }, position): Phase => ({
    id,
    key,
    position,
    round: opened.round,
    status: 'PENDING',
    attempts: 0,
    startedAt: null,
    endedAt: null,
    error: null,
    rejections: 0,
    history: [],
  }))
  return {
    ...run,
    round: opened.round,
    roundComplete: false,
    currentPhase: opened.initialPhase,
    phases: [...run.phases, ...phases],
  }
}

function endPhase(phase: Phase, status: 'COMPLETED' | 'FAILED' | 'CANCELLED', at: Instant): Phase {
  const history = phase.history.map((tried): Attempt =>
    tried.attempt === phase.attempts ? { ...tried, status } : tried,
  )
  return { ...phase, status, endedAt: at, history }
}

function changePhase(run: Run, id: string, changed: (phase: Phase) => Phase): Run {
  return { ...run, phases: run.phases.map((phase) => (phase.id === id ? changed(phase) : phase)) }
}

function changeExecutions(
  run: Run,
  ids: readonly string[],
  changed: (execution: Execution) => Execution,
): Run {
  if (ids.length === 0) return run
  const named = new Set(ids)
  return { ...run, executions: run.executions.map((each) => (named.has(each.id) ? changed(each) : each)) }
}

function endExecutions(run: Run, ids: readonly string[], end: Closed['executionsEnd'], at: Instant): Run {
  return changeExecutions(run, ids, (execution) => ({ ...execution, end, endedAt: at }))
}

function launch(
  run: Run,
  { at, epoch, actor, actorId, payload }: Extract<RunEvent, { type: 'execution.started' }>,
): Execution {
  const { id, phaseId, attempt, command, pid, fence = null } = payload
  return {
    id,
    runId: run.id,
    phaseId,
    epoch,
    attempt,
    fence,
    command,
    pid,
    exitCode: null,
    signal: null,
    end: null,
    late: false,
    startedBy: actor,
    startedById: actorId,
    startedAt: at,
    endedAt: null,
  }
}
