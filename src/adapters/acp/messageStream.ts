import { methods } from '@agentclientprotocol/sdk'
import type { AnyMessage, Stream } from '@agentclientprotocol/sdk'

/** What a stream of messages is made of. */
export interface MessageStreamOptions {
  /** Hands bytes to the agent; resolves when the system has taken them. */
  readonly write: (bytes: Uint8Array) => Promise<void>
  /** Takes a line of the agent's that is no message, or a sentence on one that was left out. */
  readonly onNoise: (text: string) => void
  /** Takes the parameters of an update at once: the answer that ends a turn never overtakes what was said in it. */
  readonly onUpdate: (params: unknown) => void
}

/** The agent violated the protocol in a way that ends the session. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

/** The longest line that is taken for a message, in bytes. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024
/** How many requests of the agent may wait for an answer at a time. */
export const MAX_OPEN_REQUESTS = 1_000
/** How much of a line that is no message is shown, in bytes. */
const MAX_NOISE_BYTES = 4_096

const NEWLINE = 0x0a

/**
 * Lines of an agent to messages, and messages to lines. What is no message, too long, or an answer to nothing is left out and told
 * of: an agent that prints a warning is no broken one, and one that floods costs no memory.
 */
export class MessageStream implements Stream {
  readonly readable: ReadableStream<AnyMessage>
  readonly writable: WritableStream<AnyMessage>
  readonly #options: MessageStreamOptions
  readonly #asked = new Set<number | string>()
  #controller: ReadableStreamDefaultController<AnyMessage> | undefined
  #pieces: Buffer[] = []
  #held = 0
  #isSkipping = false
  #openRequests = 0
  #unknownAnswers = 0
  #onSent: ((sending: Promise<void>) => void) | undefined

  constructor(options: MessageStreamOptions) {
    this.#options = options
    this.readable = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      cancel: () => void (this.#controller = undefined),
    })
    this.writable = new WritableStream({ write: (message) => this.#send(message) })
  }

  /** Resolves when the next message that is sent was handed to the system; rejects where it can't be. */
  nextSent(): Promise<void> {
    return new Promise((resolve) => (this.#onSent = resolve))
  }

  /** Takes the next bytes of the agent's output. */
  take(bytes: Uint8Array): void {
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
      this.#hold(rest.subarray(0, at))
      this.#endLine()
      rest = rest.subarray(at + 1)
    }
    // The bytes are the reader's own: what is kept of them is a copy.
    this.#hold(Buffer.from(rest))
  }

  /** Ends the stream: nothing follows. */
  end(): void {
    if (this.#held > 0) this.#endLine()
    this.#close((controller) => controller.close())
  }

  /** Breaks the connection off: everything that waits for an answer is told why. */
  fail(error: Error): void {
    this.#close((controller) => controller.error(error))
  }

  #close(how: (controller: ReadableStreamDefaultController<AnyMessage>) => void): void {
    const controller = this.#controller
    this.#controller = undefined
    if (controller) how(controller)
  }

  #hold(piece: Buffer): void {
    if (piece.length === 0 || this.#isSkipping) return
    this.#held += piece.length
    this.#pieces.push(piece)
    if (this.#held <= MAX_LINE_BYTES) return
    this.#isSkipping = true
    this.#pieces = []
    this.#options.onNoise(`[a message of more than ${MAX_LINE_BYTES} bytes is left out here]\n`)
  }

  #endLine(): void {
    const line = Buffer.concat(this.#pieces).toString('utf8').trim()
    const isSkipped = this.#isSkipping
    this.#pieces = []
    this.#held = 0
    this.#isSkipping = false
    if (!isSkipped && line !== '') this.#receive(line)
  }

  #receive(line: string): void {
    const message = readMessage(line)
    if (!message) return this.#options.onNoise(`${line.slice(0, MAX_NOISE_BYTES)}\n`)
    if (!('method' in message)) {
      const { id } = message
      if (id === null || !this.#asked.delete(id)) return this.#countUnknownAnswer()
    } else if ('id' in message) {
      this.#openRequests += 1
      if (this.#openRequests > MAX_OPEN_REQUESTS)
        return this.fail(new ProtocolError(`the agent has more than ${MAX_OPEN_REQUESTS} requests open`))
    } else if (message.method === methods.client.session.update) {
      return this.#options.onUpdate(message.params)
    }
    this.#controller?.enqueue(message)
  }

  #countUnknownAnswer(): void {
    this.#unknownAnswers += 1
    if (this.#unknownAnswers === 1)
      this.#options.onNoise('[the agent answered what it was not asked; such answers are left out]\n')
  }

  #send(message: AnyMessage): Promise<void> {
    if (!('method' in message)) this.#openRequests = Math.max(0, this.#openRequests - 1)
    else if ('id' in message && message.id !== null) this.#asked.add(message.id)
    const sending = this.#options.write(Buffer.from(`${JSON.stringify(message)}\n`))
    this.#onSent?.(sending)
    this.#onSent = undefined
    return sending
  }
}

/** The message in a line; undefined where it is none. Of its parts only those of the envelope are looked at. */
function readMessage(line: string): AnyMessage | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { id, method } = value as Record<string, unknown>
  const hasId = 'id' in value
  const isId = id === null || typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id))
  if (hasId && !isId) return undefined
  const isCall = typeof method === 'string'
  const isAnswer = !('method' in value) && hasId && ('result' in value || 'error' in value)
  if (!isCall && !isAnswer) return undefined
  return { ...value, jsonrpc: '2.0' } as AnyMessage
}
