import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findPostgresProgram } from './inspectProcess.ts'
import type { Place } from './place.ts'
import { plainEnvironment } from './plainEnvironment.ts'

const pollMilliseconds = 10

/**
 * Signals in order of severity, each with the seconds it is given: wait for sessions that are ending; end all sessions
 * and shut down cleanly; stop immediately and recover at the next start; and kill, for a frozen process. None of them
 * loses committed data.
 */
const signals = [
  ['SIGTERM', 1],
  ['SIGINT', 60],
  ['SIGQUIT', 5],
  ['SIGKILL', 5],
] as const

/**
 * Stops the PostgreSQL of a place and returns once it has ended. Does nothing if the pid now belongs to another
 * process.
 */
export async function stopPostgres(place: Place, pid: number): Promise<void> {
  if (process.platform === 'win32') return stopOnWindows(place, pid)
  for (const [signal, seconds] of signals) {
    if (!(await isRunning(place, pid))) return
    sendSignal(pid, signal)
    const deadline = Date.now() + seconds * 1_000
    while (Date.now() < deadline && (await isRunning(place, pid))) await delay(pollMilliseconds)
  }
}

/** On Windows, a signal ends a process immediately. */
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

/** Whether the process exists and is this cluster's PostgreSQL; false for one that ended but was not reaped. */
async function isRunning(place: Place, pid: number): Promise<boolean> {
  return (await findPostgresProgram(pid, place.cluster)) !== undefined
}

/** Sends a signal; false if the process does not exist or may not be signalled. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}
