import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentFailure, TurnResult } from '../../adapters/kit/adapter.ts'
import { orAborted } from '../../adapters/kit/waiting.ts'
import { awaitStableFile } from '../../workspaces/files/awaitStableFile.ts'
import type { Artifact, ArtifactTrouble } from '../../workspaces/files/readArtifact.ts'
import { STABLE_MS } from '../run/budgets.ts'
import { answered, mayMove } from '../run/runLog.ts'
import { findArtifactPlace, hasMoved, messagesNotGiven } from './step.ts'
import type { PhaseTask, Step, StepOf, Turn } from './step.ts'

/** What happens first. */
type Outcome =
  | { readonly kind: 'MOVED' }
  | { readonly kind: 'FILE'; readonly found: Artifact | ArtifactTrouble }
  | { readonly kind: 'TURN'; readonly turn: Turn; readonly failure?: AgentFailure | null }

/**
 * Waits until the file is there and whole, or the agent's turn is over, or it was silent or without a file for too long, or the
 * agent has moved the run on by its own command. Where a person will be shown the file, or messages wait, the turn is waited for.
 */
export async function awaitWork(task: PhaseTask, step: StepOf<'AWAIT'>): Promise<Step> {
  const { context } = task
  const { agent, judged, sent } = step
  context.noteTurn()
  context.steering.begin(agent.agent, sent.carried)
  const outcome = await awaitFirst(task, step)
  switch (outcome.kind) {
    case 'MOVED':
      return { name: 'LEAVE', agent, turn: 'ON' }
    case 'FILE':
      await context.step('artifact-found')
      return { name: 'SUBMIT', agent, judged, turn: 'ON', found: outcome.found, sent }
    case 'TURN':
      await context.step('turn-over')
      return {
        name: 'JUDGE',
        agent,
        judged,
        turn: outcome.turn,
        carried: sent.carried,
        failure: outcome.failure ?? null,
      }
  }
}

async function awaitFirst(task: PhaseTask, step: StepOf<'AWAIT'>): Promise<Outcome> {
  const over = new AbortController()
  const signal = AbortSignal.any([task.context.signal, over.signal])
  const sources: Promise<Outcome>[] = [
    awaitMove(task, signal),
    step.agent.agent.turnOver(signal).then((result) => {
      task.context.noteQuiet()
      return { kind: 'TURN', turn: turnAfter(result), failure: result.failure }
    }),
    awaitTimeout(task, step, signal),
    awaitFile(task, step, signal),
  ]
  try {
    return await Promise.race(sources)
  } finally {
    over.abort()
    await Promise.allSettled(sources)
  }
}

function turnAfter({ exit, stop, failure }: TurnResult): Turn {
  if (exit === null) {
    if (failure) return 'CRASHED'
    if (stop === 'REFUSAL') return 'REFUSED'
    return stop === 'MAX_TOKENS' || stop === 'MAX_TURN_REQUESTS' ? 'CUT_OFF' : 'OVER'
  }
  if (exit.exitCode === 0) return 'OVER'
  return exit.exitCode === null ? 'KILLED' : 'CRASHED'
}

/** Resolves when the phase is not under way any more. The run is read again only after events that may say so. */
async function awaitMove(task: PhaseTask, signal: AbortSignal): Promise<Outcome> {
  const { context } = task
  for (let run = context.latest; ; run = await context.readRun()) {
    // A move after this read of the log arrives as an event; one that is in the log since the answer is read here.
    const news = context.log.next(signal, mayMove)
    news.catch(() => undefined)
    if (context.log.lastMove > run.revision) run = await context.readRun()
    if (hasMoved(task, run)) return { kind: 'MOVED' }
    await news
  }
}

async function awaitFile(task: PhaseTask, { sent }: StepOf<'AWAIT'>, signal: AbortSignal): Promise<Outcome> {
  const { context, declared, phaseId } = task
  const { artifact, approval } = declared
  if (!artifact || approval) return never(signal)
  const place = await findArtifactPlace(task, artifact)
  const found = await awaitStableFile({ ...place, baseline: sent.before, signal, stableMs: STABLE_MS })
  const waiting = messagesNotGiven(task, context.log.progress(phaseId), sent.carried)
  return waiting.length > 0 ? never(signal) : { kind: 'FILE', found }
}

/** Resolves when the agent was silent, or without a file, for longer than it may; questions to a person stop the clock. */
async function awaitTimeout(
  { context: { log } }: PhaseTask,
  { agent, sent }: StepOf<'AWAIT'>,
  signal: AbortSignal,
): Promise<Outcome> {
  const { idleSeconds, artifactSeconds } = agent.definition
  for (;;) {
    await answered(log, signal)
    const now = performance.now()
    const silentAt = Math.max(agent.agent.lastActivityAt, sent.sentAt, log.answeredAt) + idleSeconds * 1_000
    // the adapter counts what it asks itself, the log also what the agent asks by other ways
    const waitedMs = Math.max(agent.agent.waitedMs, log.askedMs(sent.sentAt, now))
    const lateAt = sent.sentAt + waitedMs + artifactSeconds * 1_000
    if (now >= lateAt) return { kind: 'TURN', turn: 'LATE' }
    if (now >= silentAt) return { kind: 'TURN', turn: 'SILENT' }
    await sleep(Math.min(silentAt, lateAt) - now, undefined, { signal })
  }
}

/** Settles only when the signal aborts. */
function never(signal: AbortSignal): Promise<never> {
  return orAborted(new Promise<never>(() => undefined), signal)
}
