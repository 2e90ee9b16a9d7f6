import type { RunWithAgents } from './runWithAgents.ts'

/**
 * Waits for work that can't be aborted, for as long as the run is owned.
 *
 * @throws the signal's reason when the owner has to stop
 */
export function whileHeld<T>({ signal }: RunWithAgents, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
