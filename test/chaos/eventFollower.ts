import { setMaxListeners } from 'node:events'
import type { Pawl } from '../../sdk/index.ts'

/** Follows the events of runs through every crash, and records what arrived. */
export class EventFollower {
  /** The `seq` of each received event, in order, by run. */
  readonly seen = new Map<string, number[]>()
  /** The runs whose stream has ended by itself. */
  readonly ended = new Set<string>()
  /** Why streams broke that should have continued, by run. */
  readonly broken = new Map<string, unknown>()
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

  /** Waits until each followed run's events have reached its revision, and its stream has ended if it is final; ends all others. */
  async finish(
    read: (runId: string) => Promise<{ revision: number; isFinal: boolean } | null>,
  ): Promise<void> {
    for (const [runId, seqs] of this.seen) {
      const { revision = 0, isFinal = false } = (await read(runId)) ?? {}
      const isBehind = () => (seqs.at(-1) ?? 0) < revision || (isFinal && !this.ended.has(runId))
      while (isBehind() && !this.broken.has(runId))
        await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    this.#stopping.abort()
    await Promise.all(this.#streams)
  }

  async #read(pawl: Pawl, runId: string): Promise<void> {
    const seqs: number[] = []
    this.seen.set(runId, seqs)
    try {
      for await (const { seq } of pawl.runs.events(runId, { signal: this.#stopping.signal })) {
        seqs.push(seq)
        this.#wake()
      }
      this.ended.add(runId)
    } catch (error) {
      this.broken.set(runId, error)
    }
    this.#wake()
  }
}
