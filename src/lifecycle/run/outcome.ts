import type { Attempt, Execution, Run } from './run.ts'
import type { Outcome } from './words.ts'

/** What a run came to, by today's rule; null while it is active. */
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

/** What stands around an execution: its run, and the attempts of its phase. */
export interface ExecutionContext {
  readonly run: Pick<Run, 'status' | 'epoch'> | null
  readonly attempts: readonly Attempt[]
}

/**
 * What an execution came to, by today's rule; null while it is in flight. An exit code is never evidence (G3): a
 * process that exited 0 succeeded only where its phase, or its run, was completed.
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
  // the epoch that closed it had failed, or it could not have been followed by another
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
