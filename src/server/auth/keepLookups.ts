import { LRUCache } from 'lru-cache'

/** What a lookup finds. */
export interface Lasting {
  /** For how long it holds, in milliseconds; null: for ever. */
  readonly remainingMs: number | null
}

/** Lookups whose results are kept for a moment. */
export interface KeptLookups<T> {
  /** The value of a key, at most as old as the lookups are kept; null if there is none. */
  find(key: string): Promise<T | null>
  /** Forgets everything: whoever asks from now on is answered by a lookup that begins after this call. */
  forget(): void
}

/** How lookups are kept. */
export interface KeepOptions {
  /** For how long, in milliseconds from the start of the lookup. */
  readonly keepMs: number
  /** Maximum number of results; the one that was used least recently goes first. */
  readonly max: number
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number
}

interface Kept<T> {
  readonly value: T
  readonly until: number
}

interface Running<T> {
  readonly since: number
  answer?: Promise<T | null>
}

/**
 * Keeps what lookups find for a moment, so that many requests with one key cost one lookup. The age of a result counts from the
 * start of its lookup, by the monotonic clock; nothing is kept of a key that was not found, of a lookup that failed, or of one
 * that began before `forget`.
 */
export function keepLookups<T extends Lasting>(
  lookUp: (key: string) => Promise<T | null>,
  { keepMs, max, now = () => performance.now() }: KeepOptions,
): KeptLookups<T> {
  const kept = new LRUCache<string, Kept<T>>({ max })
  const running = new Map<string, Running<T>>()

  function begin(key: string): Promise<T | null> {
    const mine: Running<T> = { since: now() }
    running.set(key, mine)
    mine.answer = settle(key, mine)
    return mine.answer
  }

  async function settle(key: string, mine: Running<T>): Promise<T | null> {
    try {
      const value = await lookUp(key)
      if (value && running.get(key) === mine)
        kept.set(key, { value, until: mine.since + Math.min(keepMs, value.remainingMs ?? keepMs) })
      return value
    } finally {
      if (running.get(key) === mine) running.delete(key)
    }
  }

  return {
    async find(key) {
      const found = kept.get(key)
      if (found && now() < found.until) return found.value
      const current = running.get(key)
      return current?.answer && now() < current.since + keepMs ? current.answer : begin(key)
    },
    forget() {
      kept.clear()
      running.clear()
    },
  }
}
