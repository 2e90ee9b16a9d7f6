import { setTimeout as sleep } from 'node:timers/promises'
import { isAtWork, waitsForChildren } from '@pawl/sdk'
import type { CallOptions, Run } from '@pawl/sdk'
import { composeText } from '../text/composeText.ts'
import type { RunWithAgents } from './agent/runWithAgents.ts'
import { limitsFor } from './run/limits.ts'

/** How long an agent that requested an approval may take to end its turn by itself, in milliseconds. */
const ASKED_LINGER_MS = 5_000

/**
 * How long an agent that failed its own run may take to end its turn, in milliseconds. Short, because others can resume
 * the run during that time.
 */
const FAILED_LINGER_MS = 2_000

/** Maximum length of `waitsFor`, in characters. */
const MAX_WAITS_FOR = 500

/** How often ending the claim is retried when the run changes concurrently. */
const MAX_ATTEMPTS = 5

/** How an owner ends its claim. */
export interface ClaimEnding {
  /** The error with which a run that is still RUNNING fails. */
  readonly failure?: string
  /** For how long nobody may claim a run that could not be begun, and what it waits for. */
  readonly putOff?: { readonly ms: number; readonly waitsFor: string }
}

/**
 * Ends the claim according to the run's current status, once every process of its agents is proven gone: confirms a
 * cancel, fails a run that is still RUNNING if there is a failure, otherwise releases it. If processes may still be
 * alive, the lease is left to expire, which keeps other owners away until then.
 */
export async function leaveRun(context: RunWithAgents, farewell: ClaimEnding): Promise<void> {
  const { owned, tools, agents } = context
  const why = owned.interruption
  let isGone = false
  let run: Run | null = null
  try {
    await awaitAgentExit(context)
    isGone = await agents.stop(limitsFor(context, agents, why), 'CANCELLED')
    await tools.onStep('agents-stopped')
    await agents.close()
    if (isGone) run = await endClaim(context, farewell)
    else owned.letExpire()
  } catch (error) {
    // The server notices when the lease expires.
    if (!owned.isOver) owned.letExpire()
    tools.report({ kind: 'trouble', message: String(error) })
  } finally {
    await context.end()
  }
  const { status = null, reason = null } = run ?? {}
  context.report({ kind: 'run-left', status, reason, interruption: why ?? null, isGone })
}

/**
 * Gives an agent that settled its run or requested an approval itself time to end its turn, so that its last output is
 * recorded.
 */
async function awaitAgentExit(context: RunWithAgents): Promise<void> {
  const { owned, agents } = context
  const why = owned.interruption
  if (why !== 'STOP' && why !== 'PAUSE') return
  const run = await context.tools.pawl.runs.get(context.runId, callWithinLease(context)).catch(() => null)
  if (!run) return
  const milliseconds =
    run.nextAction === 'DECIDE_APPROVAL'
      ? ASKED_LINGER_MS
      : run.status === 'COMPLETED'
        ? agents.killAfterSeconds * 1_000
        : run.reason === 'REPORTED_FAILURE'
          ? FAILED_LINGER_MS
          : 0
  const over = new AbortController()
  const timer = sleep(milliseconds, undefined, { signal: over.signal })
  await Promise.race([agents.turnsOver(over.signal), timer]).catch(() => undefined)
  over.abort()
  await timer.catch(() => undefined)
}

async function endClaim(context: RunWithAgents, { failure, putOff }: ClaimEnding): Promise<Run | null> {
  const { owned, tools } = context
  for (let look = 1; ; look += 1) {
    const call = callWithinLease(context)
    const run = await tools.pawl.runs.get(context.runId, call)
    const isMine = run?.lease?.isLive === true && !owned.isOver
    if (!run || !isMine || look > MAX_ATTEMPTS) return run
    if (run.status === 'CANCELLING') await owned.confirmCancel(call)
    else if (isAtWork(run) && failure !== undefined) await owned.fail({ error: failure, ...call })
    else
      await owned.release({
        ...(isAtWork(run) && putOff && whenFrom(run, putOff)),
        isWaitingForChildren: waitsForChildren(run),
        ...call,
      })
  }
}

/** Computes `claimableAt` by the server's clock, from which the worker's may differ. */
function whenFrom({ asOf }: Run, { ms, waitsFor }: NonNullable<ClaimEnding['putOff']>) {
  const claimableAt = new Date(Date.parse(asOf) + ms).toISOString()
  return { claimableAt, waitsFor: composeText(waitsFor, { max: MAX_WAITS_FOR }), isBlocked: true }
}

/** Call options that retry until the lease expires. */
function callWithinLease({ owned }: RunWithAgents): CallOptions {
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(owned.remainingMs)))
  return { signal, retry: { attempts: Infinity, minDelayMs: 100, maxDelayMs: 1_000, timeoutMs: 5_000 } }
}
