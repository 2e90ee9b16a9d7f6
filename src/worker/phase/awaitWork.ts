import { setTimeout as sleep } from 'node:timers/promises'
import type { Ending } from '../../processes/launch.ts'
import { awaitStableFile } from '../../workspaces/files/awaitStableFile.ts'
import { STABLE_MS } from '../run/budgets.ts'
import type { Move, PhaseWork, Turn } from './phaseWork.ts'

/** What is heard of first. */
type News = { readonly turn: Turn } | 'MOVED' | 'FILE'

/**
 * Waits until the file is there and whole, or the agent's turn is over, or it was silent or without a file for too long, or the
 * agent has moved the run on by its own word. Where a person will be shown the file, or messages wait, the turn is waited for.
 */
export async function awaitWork(work: PhaseWork): Promise<Move> {
  const { drive, open } = work
  work.turn = 'ON'
  drive.steering.begin(open.agent, work.carried)
  const heard = await listen(work)
  if (heard === 'MOVED') return 'LEAVE'
  if (heard === 'FILE') {
    await drive.step('artifact-found')
    return 'SUBMIT'
  }
  work.turn = heard.turn
  await drive.step('turn-over')
  return 'JUDGE'
}

async function listen(work: PhaseWork): Promise<News> {
  const { drive, open } = work
  const heard = new AbortController()
  const signal = AbortSignal.any([drive.signal, heard.signal])
  const sources: Promise<News>[] = [
    awaitMove(work, signal),
    open.agent.turnOver(signal).then((ending) => ({ turn: turnAfter(ending) })),
    watch(work, signal),
    awaitFile(work, signal),
  ]
  try {
    return await Promise.race(sources)
  } finally {
    heard.abort()
    await Promise.allSettled(sources)
  }
}

function turnAfter(ending: Ending | null): Turn {
  if (ending === null || ending.exitCode === 0) return 'OVER'
  return ending.exitCode === null ? 'KILLED' : 'CRASHED'
}

/** Resolves when the phase is not under way any more. */
async function awaitMove(work: PhaseWork, signal: AbortSignal): Promise<News> {
  const { drive } = work
  for (;;) {
    // What happens before the look is seen by it, what happens after it is heard of.
    const news = drive.log.next(signal, ({ type }) => /^(phase|run|round|approval)\./.test(type))
    news.catch(() => undefined)
    if (work.hasMoved(await drive.readRun())) return 'MOVED'
    await news
  }
}

async function awaitFile(work: PhaseWork, signal: AbortSignal): Promise<News> {
  const { artifact, approval } = work.declared
  if (!artifact || approval) return never(signal)
  const place = await work.place(artifact)
  work.found = await awaitStableFile({ ...place, baseline: work.before, signal, stableMs: STABLE_MS })
  return work.waiting.length > 0 ? never(signal) : 'FILE'
}

/** Resolves when the agent was silent, or without a file, for longer than it may. */
async function watch({ open, sentAt }: PhaseWork, signal: AbortSignal): Promise<News> {
  const { idleSeconds, artifactSeconds } = open.definition
  for (;;) {
    const now = performance.now()
    const silentAt = Math.max(open.agent.lastActivityAt, sentAt) + idleSeconds * 1_000
    const lateAt = sentAt + artifactSeconds * 1_000
    if (now >= lateAt) return { turn: 'LATE' }
    if (now >= silentAt) return { turn: 'SILENT' }
    await sleep(Math.min(silentAt, lateAt) - now, undefined, { signal })
  }
}

/** Settles only when the signal aborts. */
function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
