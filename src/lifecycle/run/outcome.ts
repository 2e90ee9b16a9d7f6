import type { Attempt, Execution, Run } from './run.ts'
import type { Outcome } from './enums.ts'

/** Returns the outcome of a run by the current rule; null while it is active. */
export function outcomeOfRun({ status, reason }: Pick<Run, 'status' | 'reason'>): Outcome | null {
  switch (status) {
    case 'COMPLETED':
      return 'SUCCESS'
    case 'FAILED':
      return reason === 'INCOMPLETE' ? 'INCOMPLETE' : 'FAILED'
    case 'EXPIRED':
      return 'INCOMPLETE'
    case 'CANCELLED':
      return 'CANCELLED'
    default:
      return null
  }
}

/** The context of an execution: its run, and the attempts of its phase. */
export interface ExecutionContext {
  readonly run: Pick<Run, 'status' | 'epoch'> | null
  readonly attempts: readonly Attempt[]
}

/**
 * Returns the outcome of an execution by the current rule; null while it is in flight. An exit code is never evidence
 * (G3): a process that exited with 0 succeeded only if its phase, or its run, was completed.
 */
export function outcomeOfExecution(
  execution: Execution,
  { run, attempts }: ExecutionContext,
): Outcome | null {
  switch (execution.end) {
    case null:
      return null
    case 'CANCELLED':
      return 'CANCELLED'
    case 'CLOSED_BY_RUN':
      return outcomeOfClosed(execution, run)
    case 'TIMED_OUT':
    case 'IDLE':
    case 'SUPERVISOR_LOST':
      return 'FAILED'
    case 'EXITED':
      if (execution.exitCode !== 0 || execution.signal !== null) return 'FAILED'
      return isWorkDone(execution, { run, attempts }) ? 'SUCCESS' : 'INCOMPLETE'
  }
}

function outcomeOfClosed(execution: Execution, run: ExecutionContext['run']): Outcome {
  // a later epoch exists, so the epoch that closed the execution must have ended FAILED
  if (run === null || run.epoch !== execution.epoch) return 'FAILED'
  if (run.status === 'COMPLETED') return 'SUCCESS'
  return run.status === 'FAILED' ? 'FAILED' : 'CANCELLED'
}

function isWorkDone(execution: Execution, { run, attempts }: ExecutionContext): boolean {
  if (run === null) return true
  if (execution.phaseId === null) return run.status === 'COMPLETED' && run.epoch === execution.epoch
  return attempts.some(
    ({ attempt, epoch, status }) =>
      epoch === execution.epoch &&
      attempt >= (execution.attempt ?? 0) &&
      (status === 'COMPLETED' || status === 'AWAITING_APPROVAL'),
  )
}
