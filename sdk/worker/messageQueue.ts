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
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, undefined> {
    for (let read = 0; ; read += 1) {
      while (read === this.#messages.length) {
        if (this.#isClosed) return
        await new Promise<void>((resolve) => this.#sleepers.add(resolve))
      }
      yield this.#messages[read] as Message
    }
  }

  #wake(): void {
    for (const wake of this.#sleepers) wake()
    this.#sleepers.clear()
  }
}
