import { setTimeout as delay } from 'node:timers/promises'

const pollMilliseconds = 10

/** Asks PostgreSQL to end its sessions and shut down cleanly (SIGINT), and returns once it is gone. */
export async function stopPostgres(pid: number): Promise<void> {
  if (!sendSignal(pid, 'SIGINT')) return
  while (sendSignal(pid, 0)) await delay(pollMilliseconds)
}

/** Sends a signal; false where there is no such process. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
