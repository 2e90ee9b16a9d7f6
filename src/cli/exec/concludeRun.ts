import { isAtWork, unwrap, waitsForChildren } from '@pawl/sdk'
import type { FailReason, LeaseKeeper, Pawl, RunDetail } from '@pawl/sdk'
import { composeText } from '../../text/composeText.ts'
import type { Ending } from '../../processes/launch.ts'

/** Failure reason when the command exits while the run is still RUNNING. */
export interface Failure {
  readonly reason: FailReason
  readonly error: string
}

/** What an owner knows when its claim ends. */
export interface ClaimEnd {
  /** Undefined if the command was stopped: then the run is released, whatever its status. */
  readonly failure: Failure | undefined
  /** Whether all processes are known to have ended. */
  readonly isGone: boolean
}

/** How a claim ended. */
export interface Conclusion {
  /** The run afterwards; null if it was deleted in the meantime. */
  readonly run: RunDetail | null
  /** Whether the lease was left to expire because processes may still be alive. */
  readonly isLeft: boolean
}

/** Limit of a reported error message, in UTF-16 units. */
const MAX_ERROR_LENGTH = 8_000

/** Maximum number of attempts to end the claim if the run changes in the meantime. */
const MAX_ATTEMPTS = 5

/**
 * Ends the claim as the run's present status demands: confirms a cancel, fails a run that was left RUNNING, or with a question of its agent open, releases any other. A run
 * that only waits for its children is released until they have ended. If processes may still be alive, nothing is confirmed or
 * released: the lease keeps others away until it expires.
 *
 * @throws PawlProblem if the server keeps refusing, PawlConnectionError if it can't be reached.
 */
export async function concludeRun(pawl: Pawl, keeper: LeaseKeeper, end: ClaimEnd): Promise<Conclusion> {
  for (let attempt = 1; ; attempt += 1) {
    const run = await pawl.runs.get(keeper.runId)
    const isMine = run?.lease?.fence === keeper.fence && run.lease.isLive
    if (!run || !isMine) return { run, isLeft: false }
    if (!end.isGone) return { run, isLeft: true }
    const answer = await endClaim(pawl, keeper, run, end.failure)
    if (attempt === MAX_ATTEMPTS) unwrap<{ readonly __typename: string }>(answer)
  }
}

function endClaim(pawl: Pawl, { runId, fence }: LeaseKeeper, run: RunDetail, failure: Failure | undefined) {
  const { status } = run
  if (failure?.reason === 'INCOMPLETE' && waitsForChildren(run))
    return pawl.runs.release(runId, { fence, isWaitingForChildren: true })
  if (status === 'CANCELLING') return pawl.runs.confirmCancel(runId, { fence })
  if (isAtWork(run) && failure) {
    const { reason, error } = failure
    return pawl.runs.fail(runId, { fence, reason, error: composeText(error, { max: MAX_ERROR_LENGTH }) })
  }
  return pawl.runs.release(runId, { fence })
}

/** How a process ended, as a predicate: "exited 0". */
export function describeEnding({ exitCode, signal }: Ending): string {
  return signal ? `was ended by ${signal}` : `exited ${exitCode ?? 'without a code'}`
}
