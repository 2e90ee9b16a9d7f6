import type { WorkflowDefinition } from '../../src/lifecycle/workflow.ts'
import type { ExecutionEnd, RunReason, RunStatus } from '../../src/lifecycle/words.ts'
import type { Model, ModelClaim, ModelPhase, ModelRun } from './modelState.ts'

/** A claim as it is asked for. */
export interface AskedClaim {
  readonly owner: string
  readonly leaseSeconds: number
}

export const ACTIVE: readonly RunStatus[] = ['QUEUED', 'RUNNING', 'AWAITING_APPROVAL', 'PAUSED', 'CANCELLING']
export const isActive = (run: ModelRun) => ACTIVE.includes(run.status)
export const isFinal = (run: ModelRun) => ['COMPLETED', 'CANCELLED', 'EXPIRED'].includes(run.status)

/** A run as it begins. */
export function newRun(
  model: Model,
  id: string,
  workflow: WorkflowDefinition,
  concurrencyKey: string | null,
): ModelRun {
  const run: ModelRun = {
    id,
    workflow,
    concurrencyKey,
    deleted: false,
    status: 'QUEUED',
    reason: null,
    confirmed: null,
    epoch: 1,
    fence: 0,
    claim: null,
    resumes: 0,
    takeovers: 0,
    round: 1,
    roundsDone: 0,
    roundComplete: false,
    at: workflow.initialPhase,
    phases: freshPhases(workflow),
    executions: [],
    lastRelease: null,
    epochAt: model.now,
    statusAt: model.now,
    activeAt: model.now,
  }
  model.runs.push(run)
  return run
}

export function freshPhases(workflow: WorkflowDefinition): Map<string, ModelPhase> {
  return new Map(
    workflow.phases.map(({ key }): [string, ModelPhase] => [
      key,
      { status: 'PENDING', attempts: 0, startedAt: 0 },
    ]),
  )
}

export function phaseAt(run: ModelRun, key = run.at): ModelPhase {
  const phase = run.phases.get(key)
  if (!phase) throw new Error(`the oracle knows no phase ${key}`)
  return phase
}

export const isGood = (claim: ModelClaim | null, now: number) =>
  claim !== null && (claim.expiresAt === null || claim.expiresAt > now)
export const isLeased = (claim: ModelClaim | null, now: number) =>
  claim !== null && claim.expiresAt !== null && claim.expiresAt > now
export const inFlight = (run: ModelRun) => run.executions.some(({ end }) => end === null)

export function move(run: ModelRun, status: RunStatus, now: number): void {
  run.status = status
  run.statusAt = now
  run.activeAt = now
}

export function endExecutions(run: ModelRun, end: ExecutionEnd): void {
  for (const execution of run.executions) if (execution.end === null) execution.end = end
}

export function settle(
  run: ModelRun,
  status: RunStatus,
  reason: RunReason,
  now: number,
  end: ExecutionEnd,
): void {
  move(run, status, now)
  run.reason = reason
  endExecutions(run, end)
  for (const phase of run.phases.values()) {
    if (phase.status === 'RUNNING') phase.status = 'CANCELLED'
    if (phase.status === 'PENDING' && status === 'COMPLETED') phase.status = 'SKIPPED'
  }
}

export function cancelNow(run: ModelRun, now: number, confirmed: boolean, end: ExecutionEnd): void {
  if (!isActive(run)) beginEpoch(run, now)
  settle(run, 'CANCELLED', 'CANCELLED_BY_USER', now, end)
  run.confirmed = confirmed
  run.claim = null
}

export function beginEpoch(run: ModelRun, now: number): void {
  run.epoch++
  run.epochAt = now
  run.reason = null
  run.takeovers = 0
}

export function giveClaim(run: ModelRun, { owner, leaseSeconds }: AskedClaim, now: number): void {
  run.fence++
  run.claim = {
    owner,
    fence: run.fence,
    seconds: leaseSeconds,
    expiresAt: leaseSeconds === 0 ? null : now + leaseSeconds,
  }
  move(run, 'RUNNING', now)
}
