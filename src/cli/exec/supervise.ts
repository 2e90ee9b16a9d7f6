import { setTimeout as sleep } from 'node:timers/promises'
import type { FailReason, LeaseKeeper, Interruption, PawlInterruptedError, Run } from '@pawl/sdk'
import type { Child, Ending } from '../../processes/launch.ts'
import type { StopLimits } from '../../processes/processGroup.ts'

/** How a child process is stopped; all times in milliseconds. */
export interface StopRules {
  readonly leaseMs: number
  /** The run's epoch under this claim. */
  readonly epoch: number
  /** How long it may take to end after SIGTERM, if the lease lasts that long. */
  readonly killAfterMs: number
  /** Reads the run; undefined if the server does not answer in time. */
  readonly readRun: () => Promise<Run | undefined>
}

/** How a child process ended. */
export interface Supervised {
  readonly ending: Ending
  /** Why it was stopped; undefined if it ended by itself. */
  readonly interruption: Interruption | undefined
  /** Whether every process of its group is known to have ended. */
  readonly isGone: boolean
}

/** How long an agent may take to end by itself after it has requested an approval. */
const GRACE_AFTER_QUESTION_MS = 5_000

/** How long an agent may take to end by itself after it has failed its run: others can resume the run already. */
const GRACE_AFTER_FAILURE_MS = 2_000

const REPORTED_REASONS: readonly FailReason[] = ['REPORTED_FAILURE', 'START_FAILED', 'INCOMPLETE']

/** Share of the lease that a stop leaves for SIGKILL to take effect, and for the release. */
const LEASE_RESERVE = 1 / 12

/**
 * Waits for the child to end, or stops it as soon as the lease keeper demands it, always before the lease expires. Then ends whatever
 * is left of its process group, so that nothing outlives the claim.
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
 * How long a child may keep running after its run is over: an agent that settled the run itself is about to exit, and its last output
 * should not be cut off. After a lost lease, or if somebody else settled the run, it is stopped at once.
 */
async function graceAfterSettling({ readRun: look, epoch, killAfterMs }: StopRules): Promise<number> {
  const run = await look().catch(() => undefined)
  // A run that somebody else settled keeps its owner's lease until the owner has stopped.
  if (!run?.isSettled || run.lease || run.epoch !== epoch) return 0
  if (run.status === 'COMPLETED') return killAfterMs
  return REPORTED_REASONS.some((reason) => reason === run.reason) ? GRACE_AFTER_FAILURE_MS : 0
}

/** As `graceAfterSettling`, for a run that stopped because its agent requested an approval. */
async function graceAfterQuestion({ readRun: look }: StopRules): Promise<number> {
  const run = await look().catch(() => undefined)
  return run?.nextAction === 'DECIDE_APPROVAL' ? GRACE_AFTER_QUESTION_MS : 0
}

/** How much time a child has to stop for this reason; undefined: because its run is over. */
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
