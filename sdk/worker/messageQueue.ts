import type { Message } from '../request/types.ts'

/** The messages of one claim, each once, however often the server sends it. */
export class MessageQueue implements AsyncIterable<Message> {
  readonly #messages: Message[] = []
  readonly #ids = new Set<string>()
  readonly #sleepers = new Set<() => void>()
  #isClosed = false

  /** Adds a message; returns whether it is a new one. */
  post(message: Message): boolean {
    if (this.#isClosed || this.#ids.has(message.id)) return false
    this.#ids.add(message.id)
    this.#messages.push(message)
    this.#wake()
    return true
  }

  /** Nothing more will come: readers end. */
  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  /** Every message from the first on, as they come; each reader gets all of them. */
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
