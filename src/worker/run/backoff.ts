import { setTimeout as sleep } from 'node:timers/promises'
import type { RunContext } from './runContext.ts'
import { troubleOf } from './trouble.ts'

/** First wait before a transient error of an agent is tried again, in milliseconds. */
const RETRY_MS = 200

/** First and longest wait of a run that is given back until later, in milliseconds. */
const FIRST_WAIT_MS = 5_000
const MAX_WAIT_MS = 300_000

/** The wait after the n-th failure in a row (from 1): doubled each time. */
function doubledWait(first: number, failures: number): number {
  return first * 2 ** (failures - 1)
}

/** Exponential backoff, per run, for what a run has to wait for again and again. */
export class Backoff {
  readonly #failures = new Map<string, number>()

  /** The next wait of a run that has to wait again, in milliseconds. */
  nextWait(runId: string): number {
    const failures = (this.#failures.get(runId) ?? 0) + 1
    this.#failures.set(runId, failures)
    return Math.min(doubledWait(FIRST_WAIT_MS, failures), MAX_WAIT_MS)
  }

  /** Resets the backoff of a run that does not have to wait any more. */
  forget(runId: string): void {
    this.#failures.delete(runId)
  }
}

/** Tries the work again after transient errors of the agent, until it was tried `attempts` times or the claim ends. */
export async function retryTransient<T>(
  context: RunContext,
  attempts: number,
  work: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await work()
    } catch (error) {
      const isTransient = troubleOf(error)?.errorClass === 'RECOVERABLE'
      if (!isTransient || context.hasLeft || failures >= attempts) throw error
      await sleep(doubledWait(RETRY_MS, failures), undefined, { signal: context.signal })
    }
  }
}
