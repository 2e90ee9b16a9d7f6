import { setTimeout as delay } from 'node:timers/promises'
import { findPostgresProgram } from './inspectProcess.ts'
import type { Place } from './place.ts'

const pollMilliseconds = 10

/**
 * From polite to rough, each with the seconds it gets: wait for sessions whose end is under way; end all sessions and shut
 * down cleanly; stop at once and recover at the next start; and for one that is frozen, kill. None loses what was
 * committed.
 */
const signals = [
  ['SIGTERM', 1],
  ['SIGINT', 60],
  ['SIGQUIT', 5],
  ['SIGKILL', 5],
] as const

/** Stops the PostgreSQL of a place and returns once it is gone. Nothing happens if the pid is another process's by now. */
export async function stopPostgres(place: Place, pid: number): Promise<void> {
  for (const [signal, seconds] of signals) {
    if (!(await isRunning(place, pid))) return
    sendSignal(pid, signal)
    const deadline = Date.now() + seconds * 1_000
    while (Date.now() < deadline && (await isRunning(place, pid))) await delay(pollMilliseconds)
  }
}

/** Whether the process is there and is this cluster's PostgreSQL; one that ended but wasn't reaped is not. */
export async function isRunning(place: Place, pid: number): Promise<boolean> {
  if (process.platform === 'win32') return sendSignal(pid, 0)
  return (await findPostgresProgram(pid, place.cluster)) !== undefined
}

/** Sends a signal; false where there is no such process, or it isn't ours to signal. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}
