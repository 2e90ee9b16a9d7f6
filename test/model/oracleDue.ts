import type { RunReason } from '../../src/lifecycle/words.ts'
import {
  cancelNow,
  endExecutions,
  inFlight,
  isActive,
  isGood,
  isLeased,
  move,
  phaseAt,
  settle,
} from './beliefs.ts'
import { LIMITS, type ModelRun } from './modelState.ts'

/** What has become due by now, before anything else is looked at. */
export function due(run: ModelRun, now: number): void {
  if (run.deleted) return
  lapse(run, now)
  overtime(run, now)
  goStale(run, now)
}

function lapse(run: ModelRun, now: number): void {
  if (run.status === 'CANCELLING') {
    if (!isGood(run.claim, now) && now >= run.statusAt + LIMITS.cancelGraceSeconds)
      cancelNow(run, now, false, 'SUPERVISOR_LOST')
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
  if (run.status === 'RUNNING') {
    if (run.workflow.onOwnerLost === 'REQUEUE' && run.takeovers < LIMITS.maxTakeovers) {
      run.takeovers++
      endExecutions(run, 'SUPERVISOR_LOST')
      run.claim = null
      move(run, 'QUEUED', now)
    } else loseOwner(run, now)
    return
  }
  if (isActive(run)) {
    endExecutions(run, 'SUPERVISOR_LOST')
    run.activeAt = now
  }
  run.claim = null
}

function loseOwner(run: ModelRun, now: number): void {
  settle(run, 'FAILED', 'OWNER_LOST', now, 'SUPERVISOR_LOST')
  run.claim = null
}

function overtime(run: ModelRun, now: number): void {
  if (!isActive(run) || run.status === 'CANCELLING') return
  const { queueSeconds, runSeconds, idleSeconds } = run.workflow.timeouts
  const reached: [number, RunReason][] = []
  const limit = (since: number, seconds: number | null | undefined, reason: RunReason) => {
    if (seconds != null && now >= since + seconds) reached.push([since + seconds, reason])
  }
  if (run.status === 'QUEUED') limit(run.statusAt, queueSeconds, 'QUEUE_TIMEOUT')
  if (run.status === 'RUNNING') {
    const phase = phaseAt(run)
    const seconds = run.workflow.phases.find(({ key }) => key === run.at)?.timeoutSeconds
    if (phase.status === 'RUNNING') limit(phase.startedAt, seconds, 'PHASE_TIMEOUT')
    limit(run.activeAt, idleSeconds, 'IDLE_TIMEOUT')
  }
  limit(run.epochAt, runSeconds, 'RUN_TIMEOUT')
  const [first] = reached.toSorted(([one], [other]) => one - other)
  if (!first) return
  settle(run, 'FAILED', first[1], now, 'CLOSED_BY_RUN')
  if (!isLeased(run.claim, now)) run.claim = null
}

function goStale(run: ModelRun, now: number): void {
  if (!['QUEUED', 'PAUSED', 'AWAITING_APPROVAL'].includes(run.status)) return
  if (inFlight(run) || isLeased(run.claim, now) || now - run.activeAt < LIMITS.staleAfterSeconds) return
  settle(run, 'EXPIRED', 'STALE', now, 'CLOSED_BY_RUN')
  run.claim = null
}
