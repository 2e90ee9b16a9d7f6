import { setTimeout as sleep } from 'node:timers/promises'
import type { FailReason, LeaseKeeper, Interruption, PawlInterruptedError, Run } from '@pawl/sdk'
import type { Child, Ending } from '../../processes/launch.ts'
import type { StopLimits } from '../../processes/processGroup.ts'

/** How a child is stopped, all times in milliseconds. */
export interface StopRules {
  readonly leaseMs: number
  /** The run's epoch under this claim. */
  readonly epoch: number
  /** How long it may take over SIGTERM where there is time. */
  readonly killAfterMs: number
  /** Where the run stands now; undefined where that can't be known soon. */
  readonly readRun: () => Promise<Run | undefined>
}

/** What came of a child. */
export interface Supervised {
  readonly ending: Ending
  /** Why it was stopped; undefined where it ended by itself. */
  readonly interruption: Interruption | undefined
  /** Whether every process of its group is proven gone. */
  readonly isGone: boolean
}

/** How long an agent that asked a person may take to end by itself: it has said what it had to say. */
const GRACE_AFTER_QUESTION_MS = 5_000

/** How long an agent that failed its own run may take to end by itself: the run can be resumed by others meanwhile. */
const GRACE_AFTER_FAILURE_MS = 2_000

const REPORTED_REASONS: readonly FailReason[] = ['REPORTED_FAILURE', 'START_FAILED', 'INCOMPLETE']

/** A stop leaves the last twelfth of the lease for the kernel to end the processes, and for the release. */
const LEASE_RESERVE = 1 / 12

/**
 * Lets the child run to its end, or stops it as soon as the lease keeper says so, always before its lease is over; then ends
 * whatever it has left behind in its group, so that nothing outlives the claim.
 */
export async function supervise(child: Child, keeper: LeaseKeeper, rules: StopRules): Promise<Supervised> {
  let interruption: Interruption | undefined
  const stopped = new AbortController()
  const stopOnAbort = () => {
    interruption = (keeper.signal.reason as PawlInterruptedError).why
    void stopFor(interruption, child, keeper, rules, stopped.signal)
  }
  if (keeper.signal.aborted) stopOnAbort()
  else keeper.signal.addEventListener('abort', stopOnAbort, { once: true })
  const ending = await child.ended
  const wasStopped = child.group.isStopping
  keeper.signal.removeEventListener('abort', stopOnAbort)
  stopped.abort()
  const isGone = await child.group.stop(stopLimitsOf(interruption ?? 'SHUTDOWN', keeper, rules))
  return { ending, isGone, interruption: wasStopped ? interruption : undefined }
}

async function stopFor(
  why: Interruption,
  child: Child,
  keeper: LeaseKeeper,
  rules: StopRules,
  ended: AbortSignal,
): Promise<void> {
  const isOver = why === 'STOP' || why === 'LEASE_LOST'
  const lingerMs = isOver
    ? await graceAfterSettling(rules)
    : why === 'PAUSE'
      ? await graceAfterQuestion(rules)
      : 0
  await sleep(lingerMs, undefined, { signal: ended }).catch(() => undefined)
  if (!ended.aborted)
    await child.group.stop(stopLimitsOf(isOver && lingerMs > 0 ? undefined : why, keeper, rules))
}

/**
 * How long a child may go on whose run is over: an agent that settled it by its own word is on its way out, and what it
 * still says should be heard. Where the run was lost or settled otherwise there is no time.
 */
async function graceAfterSettling({ readRun: look, epoch, killAfterMs }: StopRules): Promise<number> {
  const run = await look().catch(() => undefined)
  // A run settled from outside keeps its owner's lease until that has stopped.
  if (!run?.isSettled || run.lease || run.epoch !== epoch) return 0
  if (run.status === 'COMPLETED') return killAfterMs
  return REPORTED_REASONS.some((reason) => reason === run.reason) ? GRACE_AFTER_FAILURE_MS : 0
}

/** As `lingerOf`, for a run that is not over: it may wait for a person because its agent asked one. */
async function graceAfterQuestion({ readRun: look }: StopRules): Promise<number> {
  const run = await look().catch(() => undefined)
  return run?.nextAction === 'DECIDE_APPROVAL' ? GRACE_AFTER_QUESTION_MS : 0
}

/** How much time a child has that is stopped for this reason; undefined: since its run is over. */
export function stopLimitsOf(
  why: Interruption | undefined,
  keeper: LeaseKeeper,
  { leaseMs, killAfterMs }: StopRules,
): StopLimits {
  switch (why) {
    case undefined:
      return { killAfterMs, mustKill: () => false }
    case 'LEASE_LOST':
      return { killAfterMs: 0, mustKill: () => true }
    case 'NOT_RENEWED':
      return {
        killAfterMs: Math.min(killAfterMs, leaseMs / 4),
        mustKill: () => isRunningOut(keeper, leaseMs),
      }
    default:
      return { killAfterMs, mustKill: () => isRunningOut(keeper, leaseMs) }
  }
}

function isRunningOut(keeper: LeaseKeeper, leaseMs: number): boolean {
  return keeper.remainingMs < leaseMs * LEASE_RESERVE
}
