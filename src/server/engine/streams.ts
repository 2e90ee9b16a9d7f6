import { type Credential, credentialKey } from '../auth/authenticate.ts'

/** Why the server ends a stream: its token is not valid any more, or the server stops. */
export type StreamEnd = 'UNAUTHENTICATED' | 'STOPPING'

/** Something that outlives a request: an event stream, or a socket with its operations. */
export interface Stream {
  readonly credential: Credential
  /** Called once, by the server. */
  end(why: StreamEnd): void
}

/** All open streams: they are ended when their tokens end or the server stops. */
export class Streams {
  readonly #open = new Set<Stream>()
  readonly #ofToken = new Map<string, number>()
  #suspects = new Set<Stream>()
  #isStopping = false

  /**
   * @param limit how many may be open at a time
   * @param tokenLimit how many of one token, or of one claim's agent
   */
  constructor(
    readonly limit: number,
    readonly tokenLimit: number = limit,
  ) {}

  /** How many are open. */
  get size(): number {
    return this.#open.size
  }

  /** Adds a stream. False if there are too many already, or the server is stopping. */
  add(stream: Stream): boolean {
    if (this.#isStopping || this.#open.size >= this.limit) return false
    const key = credentialKey(stream.credential)
    const count = this.#ofToken.get(key) ?? 0
    if (count >= this.tokenLimit) return false
    this.#ofToken.set(key, count + 1)
    this.#open.add(stream)
    return true
  }

  /** Removes a stream that ended by itself. */
  remove(stream: Stream): void {
    this.#forget(stream)
    this.#suspects.delete(stream)
  }

  /**
   * Ends the streams whose credentials are not valid any more. For a claim this must be found twice: its stream may be about to deliver
   * the end of the run.
   */
  async endUnauthenticated(
    findEnded: (credentials: readonly Credential[]) => Promise<Set<Credential>>,
  ): Promise<void> {
    if (this.#open.size === 0) return
    const streams = [...this.#open]
    const ended = await findEnded(streams.map(({ credential }) => credential))
    const over = streams.filter(({ credential }) => ended.has(credential))
    const suspects = new Set<Stream>()
    for (const stream of over) {
      if (stream.credential.kind !== 'agent' || this.#suspects.has(stream))
        this.#end(stream, 'UNAUTHENTICATED')
      else suspects.add(stream)
    }
    this.#suspects = suspects
  }

  /** Ends every stream, and accepts no more. */
  stop(): void {
    this.#isStopping = true
    for (const stream of this.#open) this.#end(stream, 'STOPPING')
  }

  #end(stream: Stream, why: StreamEnd): void {
    // it may have ended by itself meanwhile
    if (!this.#forget(stream)) return
    stream.end(why)
  }

  /** Returns whether it was still open. */
  #forget(stream: Stream): boolean {
    if (!this.#open.delete(stream)) return false
    const key = credentialKey(stream.credential)
    const count = this.#ofToken.get(key) ?? 0
    if (count > 1) this.#ofToken.set(key, count - 1)
    else this.#ofToken.delete(key)
    return true
  }
}

/** An iterator that can be ended from outside, even while it waits for its source. */
export interface EndableIterator<T> extends AsyncIterableIterator<T, undefined> {
  /** Ends it, optionally with one last value. */
  end(last?: T): void
}

/**
 * Iterates a source, one value at a time, until either ends.
 * @param onOver called once when it ends, before `return` of the source; it should end whatever the source waits for
 */
export function makeEndable<T>(source: AsyncIterableIterator<T>, onOver: () => void): EndableIterator<T> {
  let isOver = false
  let last: T | undefined
  let wake: (() => void) | undefined

  function finish(): void {
    if (isOver) return
    isOver = true
    onOver()
    // errors of the source after the end are ignored
    source.return?.().catch(() => {})
  }

  return {
    async next() {
      if (isOver) return takeLast()
      const woken = new Promise<null>((resolve) => (wake = () => resolve(null)))
      try {
        const result = await Promise.race([source.next(), woken])
        if (result === null) return takeLast()
        if (!result.done) return { done: false, value: result.value }
      } catch (error) {
        finish()
        throw error
      }
      finish()
      return { done: true, value: undefined }
    },
    async return() {
      last = undefined
      finish()
      wake?.()
      return { done: true, value: undefined }
    },
    end(value) {
      if (isOver) return
      last = value
      finish()
      wake?.()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }

  function takeLast(): IteratorResult<T, undefined> {
    const value = last
    last = undefined
    return value === undefined ? { done: true, value: undefined } : { done: false, value }
  }
}
