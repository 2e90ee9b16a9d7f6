import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findPostgresProgram } from './inspectProcess.ts'
import type { Place } from './place.ts'
import { plainEnvironment } from './plainEnvironment.ts'

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
  if (process.platform === 'win32') return stopOnWindows(place, pid)
  for (const [signal, seconds] of signals) {
    if (!(await isRunning(place, pid))) return
    sendSignal(pid, signal)
    const deadline = Date.now() + seconds * 1_000
    while (Date.now() < deadline && (await isRunning(place, pid))) await delay(pollMilliseconds)
  }
}

/** There, a signal ends a process on the spot. */
async function stopOnWindows(place: Place, pid: number): Promise<void> {
  if (!(await isRunning(place, pid))) return
  await promisify(execFile)(
    join(place.native, 'bin', 'pg_ctl'),
    ['stop', '-D', place.cluster, '-m', 'fast', '-w'],
    {
      env: plainEnvironment(),
    },
  )
}

/** Whether the process is there and is this cluster's PostgreSQL; one that ended but wasn't reaped is not. */
async function isRunning(place: Place, pid: number): Promise<boolean> {
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
