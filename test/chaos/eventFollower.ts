import { setMaxListeners } from 'node:events'
import type { Pawl } from '../../sdk/index.ts'

/** Follows the events of runs through every crash, and records what arrived. */
export class EventFollower {
  /** The `seq` of each received event, in order, by run. */
  readonly seen = new Map<string, number[]>()
  readonly #pawls: readonly Pawl[]
  readonly #stopping = new AbortController()
  readonly #streams: Promise<void>[] = []
  #wake: () => void = () => undefined

  /** @param pawls clients of different transports, used in turn */
  constructor(pawls: readonly Pawl[]) {
    this.#pawls = pawls
    // Each stream adds a listener.
    setMaxListeners(0, this.#stopping.signal)
  }

  follow(runId: string): void {
    const pawl = this.#pawls[this.seen.size % this.#pawls.length]
    if (pawl) this.#streams.push(this.#read(pawl, runId))
  }

  /** Waits until each followed run's events have reached its revision, and ends all streams. */
  async finish(readRevision: (runId: string) => Promise<number>): Promise<void> {
    for (const [runId, seqs] of this.seen) {
      const revision = await readRevision(runId)
      while ((seqs.at(-1) ?? 0) < revision) await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    this.#stopping.abort()
    await Promise.all(this.#streams)
  }

  async #read(pawl: Pawl, runId: string): Promise<void> {
    const seqs: number[] = []
    this.seen.set(runId, seqs)
    for await (const { seq } of pawl.runs.events(runId, { signal: this.#stopping.signal })) {
      seqs.push(seq)
      this.#wake()
    }
  }
}
