import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pawl } from '@pawl/sdk'
import { endSession } from '../../adapters/endSession.ts'
import type { WorkerNews } from '../run/news.ts'

/** What sessions that are over are tidied with. */
export interface TidyOptions {
  readonly pawl: Pawl
  /** Below it each session has a private folder. */
  readonly stateRoot: string
  /** Whether this worker still has the run in hand. */
  readonly isAtWork: (runId: string) => boolean
  readonly report: (news: WorkerNews) => void
  readonly onError: (error: unknown) => void
  /** Ends the tidying. */
  readonly signal: AbortSignal
}

/** How often it is looked, in milliseconds. */
const TIDY_INTERVAL_MS = 60_000
/** How long after a run has settled its agents have gone by themselves, in milliseconds: their owner lets them end, or ends them. */
const ENDED_AFTER_MS = 60_000
/** How long after that nobody writes the rest of a transcript any more, in milliseconds. */
const REMOVED_AFTER_MS = 600_000

/**
 * Ends agents that outlive the run they worked for, and removes the folders of sessions that are over, again and again: an agent in
 * a terminal waits for its next owner, and there is none for a run that settles while nobody has it.
 */
export async function keepTidy(options: TidyOptions): Promise<void> {
  const { signal, onError } = options
  while (!signal.aborted) {
    await tidySessions(options).catch((error: unknown) => void (signal.aborted || onError(error)))
    await sleep(TIDY_INTERVAL_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** Looks once. A session that the server does not know is left alone: it may be another server's. */
export async function tidySessions(options: TidyOptions): Promise<void> {
  const { pawl, stateRoot, isAtWork, report, signal } = options
  const names = await readdir(stateRoot).catch(() => [])
  for (const sessionId of names.filter((name) => /^ses_\w+$/.test(name))) {
    const session = await pawl.sessions.get(sessionId, { signal })
    if (!session || isAtWork(session.run.id)) continue
    const { id: runId, settledAt, asOf } = session.run
    const settledForMs = settledAt === null ? 0 : Date.parse(asOf) - Date.parse(settledAt)
    if (settledForMs < ENDED_AFTER_MS) continue
    const folder = join(stateRoot, sessionId)
    const { wereThere, isGone } = await endSession(sessionId, folder)
    if (wereThere) report({ kind: 'leftover-ended', runId, role: session.role, isGone })
    if (isGone && settledForMs >= REMOVED_AFTER_MS) await rm(folder, { recursive: true, force: true })
  }
}
