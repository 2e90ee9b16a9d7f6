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
    // it may have ended by itself in the meantime
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
