import { endable } from '../../src/iterators/endable.ts'
import type { Message } from '../request/types.ts'

/** The messages of one claim, without duplicates. */
export class MessageQueue implements AsyncIterable<Message> {
  readonly #messages: Message[] = []
  readonly #ids = new Set<string>()
  readonly #sleepers = new Set<() => void>()
  #isClosed = false

  /** Adds a message; returns false for a duplicate, or if the queue is closed. */
  post(message: Message): boolean {
    if (this.#isClosed || this.#ids.has(message.id)) return false
    this.#ids.add(message.id)
    this.#messages.push(message)
    this.#wake()
    return true
  }

  /** Closes the queue: readers end after the messages already posted. */
  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  /** Yields every message from the first on, in order of arrival; each reader gets all of them. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined> {
    let read = 0
    const pull = async (): Promise<IteratorResult<Message, undefined>> => {
      while (read === this.#messages.length) {
        if (this.#isClosed) return { done: true, value: undefined }
        await new Promise<void>((resolve) => this.#sleepers.add(resolve))
      }
      return { done: false, value: this.#messages[read++] as Message }
    }
    return endable(pull, () => undefined)
  }

  #wake(): void {
    for (const wake of this.#sleepers) wake()
    this.#sleepers.clear()
  }
}
