import { setMaxListeners } from 'node:events'
import { WebSocket } from 'ws'
import { createPawl } from '../../sdk/index.ts'
import type { BenchServer } from '../startServer.ts'

/** Maximum number of subscriptions per socket. */
const PER_SOCKET = 50

/** Subscribers of one run's events, and when each received them. */
export class EventArrivals {
  readonly #stopping = new AbortController()
  readonly #times: Map<number, number>[]
  readonly #streams: Promise<void>[]
  #awaited: { readonly seq: number; readonly resolve: (times: number[]) => void } | undefined

  constructor({ url, token }: BenchServer, runId: string, subscribers: number) {
    // each stream listens to it
    setMaxListeners(0, this.#stopping.signal)
    const sockets = Array.from({ length: Math.ceil(subscribers / PER_SOCKET) }, () =>
      createPawl({ url, token, WebSocket }),
    )
    this.#times = Array.from({ length: subscribers }, () => new Map<number, number>())
    this.#streams = this.#times.map(async (times, index) => {
      const pawl = sockets[index % sockets.length]
      if (!pawl) return
      for await (const { seq } of pawl.runs.events(runId, { signal: this.#stopping.signal })) {
        times.set(seq, performance.now())
        this.#answer()
      }
    })
  }

  /** Resolves, once every subscriber has received the event of this `seq`, to the times of arrival; rejects if a stream ends before. */
  until(seq: number): Promise<number[]> {
    const arrived = new Promise<number[]>((resolve) => {
      this.#awaited = { seq, resolve }
      this.#answer()
    })
    const ended = Promise.race(this.#streams).then((): never => {
      throw new Error('a stream of events ended')
    })
    return Promise.race([arrived, ended])
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#streams)
  }

  #answer(): void {
    if (!this.#awaited) return
    const { seq, resolve } = this.#awaited
    const times = this.#times.flatMap((seen) => seen.get(seq) ?? [])
    if (times.length < this.#times.length) return
    this.#awaited = undefined
    resolve(times)
  }
}
