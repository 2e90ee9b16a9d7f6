import { setMaxListeners } from 'node:events'
import type { Pawl } from '../../sdk/index.ts'

/** Reads the events of runs while everything around them is killed, and keeps what came. */
export class EventFollower {
  /** The `seq` of each event that came, in order, by run. */
  readonly seen = new Map<string, number[]>()
  readonly #pawls: readonly Pawl[]
  readonly #stopping = new AbortController()
  readonly #streams: Promise<void>[] = []
  #wake: () => void = () => undefined

  /** @param pawls clients of different transports, used in turn */
  constructor(pawls: readonly Pawl[]) {
    this.#pawls = pawls
    // each stream listens to it
    setMaxListeners(0, this.#stopping.signal)
  }

  follow(runId: string): void {
    const pawl = this.#pawls[this.seen.size % this.#pawls.length]
    if (pawl) this.#streams.push(this.#read(pawl, runId))
  }

  /** Waits until the events of each followed run have come up to its revision, and ends all streams. */
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
