import type { ToolMessage } from './messages.ts'

/** How many calls of tools are followed at a time; the oldest is forgotten first. */
const MAX_CALLS = 1_000

/** The calls of tools that an agent has under way: while one is, it is not silent. */
export class ToolCalls {
  readonly #longestMs: number
  readonly #startedAt = new Map<string, number>()

  /** @param longestMs how long one call is a sign of life */
  constructor(longestMs: number) {
    this.#longestMs = longestMs
  }

  /** The last moment, up to now, at which a call under way was a sign of life; -Infinity where there is none. */
  get lastSignAt(): number {
    let last = -Infinity
    const now = performance.now()
    for (const startedAt of this.#startedAt.values())
      last = Math.max(last, Math.min(now, startedAt + this.#longestMs))
    return last
  }

  /** Notes what is new of a call. One that was allowed is under way, though its agent may not say so. */
  note({ toolCallId, status }: Pick<ToolMessage, 'toolCallId' | 'status'>): void {
    if (status === 'completed' || status === 'failed') return void this.#startedAt.delete(toolCallId)
    if (this.#startedAt.has(toolCallId)) return
    this.#startedAt.set(toolCallId, performance.now())
    const [oldest] = this.#startedAt.keys()
    if (this.#startedAt.size > MAX_CALLS && oldest !== undefined) this.#startedAt.delete(oldest)
  }

  /** Forgets them all, as at the end of a turn. */
  clear(): void {
    this.#startedAt.clear()
  }
}
