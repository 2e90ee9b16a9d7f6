import { endable } from '../../src/iterators/endable.ts'
import { PawlConnectionError } from '../kit/errors.ts'

/** How many items are buffered for a slow reader before its stream is reopened from the reader's position. */
export const INBOX_LIMIT = 256

/**
 * A buffer between a socket, which has no backpressure, and one reader. Holds at most `INBOX_LIMIT` items, or only the
 * newest. An overflow ends the inbox like a lost connection, since the server can send everything again.
 */
export class Inbox<T> implements AsyncIterableIterator<T, undefined> {
  #items: T[] = []
  #end: { error?: unknown } | undefined
  #wake: (() => void) | undefined
  readonly #reader = endable<T>(
    () => this.#pull(),
    () => {
      this.#items = []
      this.end()
    },
  )
  readonly #newestOnly: boolean
  readonly #close: () => void

  /** `close` is called once, when the producer or the reader ends it. */
  constructor(newestOnly: boolean, close: () => void) {
    this.#newestOnly = newestOnly
    this.#close = close
  }

  push(item: T): void {
    if (this.#end) return
    if (this.#newestOnly) this.#items = [item]
    else if (this.#items.length < INBOX_LIMIT) this.#items.push(item)
    else return this.end(new PawlConnectionError('The reader fell behind'))
    this.#wake?.()
  }

  /** Accepts no more items; the reader still gets the buffered ones, then the error, if given. */
  end(error?: unknown): void {
    if (this.#end) return
    this.#end = { error }
    this.#close()
    this.#wake?.()
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#reader.next()
  }

  return(): Promise<IteratorResult<T, undefined>> {
    return this.#reader.return()
  }

  async #pull(): Promise<IteratorResult<T, undefined>> {
    while (this.#items.length === 0 && !this.#end) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const item = this.#items.shift()
    if (item !== undefined) return { done: false, value: item }
    if (this.#end?.error) throw this.#end.error
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
