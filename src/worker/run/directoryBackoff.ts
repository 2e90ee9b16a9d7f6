/** The first wait for a directory that another run works in, in milliseconds; it is doubled each time, up to the longest. */
const FIRST_WAIT_MS = 5_000
const MAX_WAIT_MS = 300_000

/** How long runs are put off whose directory another run works in. */
export class DirectoryBackoff {
  readonly #waits = new Map<string, number>()

  /** How long a run is to wait that has met another one again, in milliseconds. */
  nextWait(runId: string): number {
    const last = this.#waits.get(runId)
    const wait = last === undefined ? FIRST_WAIT_MS : Math.min(last * 2, MAX_WAIT_MS)
    this.#waits.set(runId, wait)
    return wait
  }

  /** The run has its directory: the next wait is a first one. */
  forget(runId: string): void {
    this.#waits.delete(runId)
  }
}
