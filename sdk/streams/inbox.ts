import { PawlConnectionError } from '../kit/errors.ts'

/** How many items wait for a slow reader before its stream is opened anew from where the reader stands. */
export const INBOX_LIMIT = 256

/**
 * Between a socket, which can't be told to wait, and one reader. Holds at most `INBOX_LIMIT` items, or only the newest;
 * what doesn't fit ends the inbox as a lost connection would, since the server has it all.
 */
export class Inbox<T> implements AsyncIterableIterator<T> {
  #items: T[] = []
  #end: { error?: unknown } | undefined
  #wake: (() => void) | undefined
  readonly #newestOnly: boolean
  readonly #close: () => void

  /** `close` is called once, when either side ends it. */
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

  /** No more will come; what has come is still read, then the error is thrown, if there is one. */
  end(error?: unknown): void {
    if (this.#end) return
    this.#end = { error }
    this.#close()
    this.#wake?.()
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    while (this.#items.length === 0 && !this.#end) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const item = this.#items.shift()
    if (item !== undefined) return { done: false, value: item }
    const error = this.#end?.error
    this.#end = {}
    if (error) throw error
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#items = []
    this.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
