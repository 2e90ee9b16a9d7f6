import { unwrap, waitsForChildren } from '@pawl/sdk'
import type { FailReason, LeaseKeeper, Pawl, RunDetail } from '@pawl/sdk'
import { composeText } from '../../text/composeText.ts'
import type { Ending } from '../../processes/launch.ts'

/** As what a run fails that its command left RUNNING. */
export interface Failure {
  readonly reason: FailReason
  readonly error: string
}

/** What an owner knows at the end of its claim. */
export interface ClaimEnd {
  /** Undefined where the command was stopped: then the run is given back, whatever it is. */
  readonly failure: Failure | undefined
  /** Whether all processes are proven gone. */
  readonly isGone: boolean
}

/** How a claim ended. */
export interface Conclusion {
  /** The run as it is left; null where it was deleted meanwhile. */
  readonly run: RunDetail | null
  /** Whether the lease was left to expire, since processes may still live. */
  readonly isLeft: boolean
}

/** The most that is told of a failure, in UTF-16 units. */
const MAX_ERROR_LENGTH = 8_000

/** How often the end is decided anew where the run changed meanwhile. */
const MAX_ATTEMPTS = 5

/**
 * Ends the claim in the way that the run asks for now: confirms a cancel, fails a run that was left RUNNING, gives any other
 * back, one that lacks nothing but the end of its children until those have ended. Where processes may still live nothing is confirmed nor given back: the lease keeps others away until it expires.
 *
 * @throws PawlProblem where the server keeps refusing, PawlConnectionError where it can't be reached.
 */
export async function concludeRun(pawl: Pawl, keeper: LeaseKeeper, word: ClaimEnd): Promise<Conclusion> {
  for (let look = 1; ; look += 1) {
    const run = await pawl.runs.get(keeper.runId)
    const isMine = run?.lease?.fence === keeper.fence && run.lease.isLive
    if (!run || !isMine) return { run, isLeft: false }
    if (!word.isGone) return { run, isLeft: true }
    const answer = await endClaim(pawl, keeper, run, word.failure)
    if (look === MAX_ATTEMPTS) unwrap<{ readonly __typename: string }>(answer)
  }
}

function endClaim(pawl: Pawl, { runId, fence }: LeaseKeeper, run: RunDetail, failure: Failure | undefined) {
  const { status } = run
  if (failure?.reason === 'INCOMPLETE' && waitsForChildren(run))
    return pawl.runs.release(runId, { fence, untilChildren: true })
  if (status === 'CANCELLING') return pawl.runs.confirmCancel(runId, { fence })
  if (status === 'RUNNING' && failure) {
    const { reason, error } = failure
    return pawl.runs.fail(runId, { fence, reason, error: composeText(error, { max: MAX_ERROR_LENGTH }) })
  }
  return pawl.runs.release(runId, { fence })
}

/** How a process ended, as the end of a sentence. */
export function describeEnding({ exitCode, signal }: Ending): string {
  return signal ? `was ended by ${signal}` : `exited ${exitCode ?? 'without a code'}`
}
