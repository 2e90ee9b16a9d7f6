/** First and longest wait, in milliseconds; the wait doubles each time. */
const FIRST_WAIT_MS = 5_000
const MAX_WAIT_MS = 300_000

/** Exponential backoff, per run, for what a run has to wait for again and again. */
export class Backoff {
  readonly #waits = new Map<string, number>()

  /** The next wait of a run that has to wait again, in milliseconds. */
  nextWait(runId: string): number {
    const last = this.#waits.get(runId)
    const wait = last === undefined ? FIRST_WAIT_MS : Math.min(last * 2, MAX_WAIT_MS)
    this.#waits.set(runId, wait)
    return wait
  }

  /** Resets the backoff of a run that does not have to wait any more. */
  forget(runId: string): void {
    this.#waits.delete(runId)
  }
}
