import { setTimeout as sleep } from 'node:timers/promises'
import { waitsForChildren } from '@pawl/sdk'
import type { CallOptions, Run } from '@pawl/sdk'
import { composeText } from '../text/composeText.ts'
import type { RunWithAgents } from './agent/runWithAgents.ts'
import { limitsFor } from './run/limits.ts'

/** How long an agent that asked a person may take to end its turn by itself, in milliseconds: it has said what it had to say. */
const ASKED_LINGER_MS = 5_000

/** How long an agent that failed its own run may take, in milliseconds: the run can be taken up by others meanwhile. */
const FAILED_LINGER_MS = 2_000

/** How much is said of what a run waits for, in characters. */
const MAX_WAITS_FOR = 500

/** How often the end of a claim is decided anew where the run changed meanwhile. */
const MAX_ATTEMPTS = 5

/** What an owner has to say at the end of its claim. */
export interface ClaimEnding {
  /** As what a run fails that is still RUNNING. */
  readonly failure?: string
  /** For how long nobody is to take the run, which could not be begun, and what it waits for. */
  readonly putOff?: { readonly ms: number; readonly waitsFor: string }
}

/**
 * Ends the claim in the way that the run asks for now, once every process of its agents is proven gone: a cancel is confirmed, a run
 * left RUNNING fails where there is a failure, any other is given back. Where processes may still live, the lease keeps others away.
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
    // What could not be told the server finds out itself, when the lease ends.
    if (!owned.isOver) owned.letExpire()
    tools.report({ kind: 'trouble', message: String(error) })
  } finally {
    await context.end()
  }
  const { status = null, reason = null } = run ?? {}
  context.report({ kind: 'run-left', status, reason, interruption: why ?? null, isGone })
}

/** An agent that settled its run, or asked a person, by its own word is on its way out, and is heard to its end. */
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
    else if (run.status === 'RUNNING' && failure !== undefined) await owned.fail({ error: failure, ...call })
    else
      await owned.release({
        ...(run.status === 'RUNNING' && putOff && whenFrom(run, putOff)),
        untilChildren: waitsForChildren(run),
        ...call,
      })
  }
}

/** By the server's clock, which a worker's may differ from. */
function whenFrom({ asOf }: Run, { ms, waitsFor }: NonNullable<ClaimEnding['putOff']>) {
  const notBefore = new Date(Date.parse(asOf) + ms).toISOString()
  return { notBefore, waitsFor: composeText(waitsFor, { max: MAX_WAITS_FOR }), blocked: true }
}

/** Asked for as long as the lease lasts. */
function callWithinLease({ owned }: RunWithAgents): CallOptions {
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(owned.remainingMs)))
  return { signal, retry: { attempts: Infinity, minDelayMs: 100, maxDelayMs: 1_000, timeoutMs: 5_000 } }
}
