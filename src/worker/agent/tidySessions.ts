import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pawl } from '@pawl/sdk'
import { endSession } from '../../adapters/endSession.ts'
import type { WorkerNews } from '../run/news.ts'

/** Options of `keepTidy` and `tidySessions`. */
export interface TidyOptions {
  readonly pawl: Pawl
  /** Parent of the sessions' private folders. */
  readonly stateRoot: string
  /** Whether this worker is still driving the run. */
  readonly isAtWork: (runId: string) => boolean
  readonly report: (news: WorkerNews) => void
  readonly onError: (error: unknown) => void
  /** Stops the tidying when it aborts. */
  readonly signal: AbortSignal
}

/** Interval between two passes, in milliseconds. */
const TIDY_INTERVAL_MS = 60_000
/** How long after a run has settled its agents are left to end by themselves or by their owner, in milliseconds. */
const ENDED_AFTER_MS = 60_000
/**
 * How long after a run has settled its sessions' folders are removed, in milliseconds: nobody writes the rest of a
 * transcript after that.
 */
const REMOVED_AFTER_MS = 600_000

/**
 * Periodically ends agents that outlived their run, and removes the folders of their sessions: an agent in a terminal
 * waits for its next owner, and a run that settles without an owner has none.
 */
export async function keepTidy(options: TidyOptions): Promise<void> {
  const { signal, onError } = options
  while (!signal.aborted) {
    await tidySessions(options).catch((error: unknown) => void (signal.aborted || onError(error)))
    await sleep(TIDY_INTERVAL_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** Makes one pass. A session that the server does not know is left alone: it may belong to another server. */
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
