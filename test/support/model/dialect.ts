import type { ServerResponse } from 'node:http'
import type { Call, Tool } from './chooseTool.ts'
import type { ClaimedUsage, Failure, Line } from './script.ts'

/** A request as JSON, of whatever shape an agent sent it in. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any

/** What a request for an answer comes to, in any interface. */
export interface Question {
  readonly model: string
  readonly isStreamed: boolean
  readonly lines: readonly Line[]
  readonly tools: readonly Tool[]
  /** The JSON Schema that the answer has to satisfy; null where text is asked for. */
  readonly format: unknown
}

/** What is answered, in any interface. */
export interface Reply {
  readonly id: string
  readonly text: string
  /** The text in the pieces in which it is streamed. */
  readonly pieces: readonly string[]
  readonly thought: string
  readonly calls: readonly Call[]
  readonly usage: ClaimedUsage
  /** Waits between two pieces. */
  readonly pause: () => Promise<void>
}

/** An error, as it stands in a response. */
export interface ErrorResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

/** One interface by which agents ask models. */
export interface Dialect {
  readonly name: string
  /** Whether a request to this path is one for an answer. */
  asks(path: string): boolean
  read(body: Json, path: string): Question
  /** Answers all at once. */
  whole(question: Question, reply: Reply): unknown
  /** Answers event by event. */
  stream(question: Question, reply: Reply, events: EventStream): Promise<void>
  refuse(failure: Failure): ErrorResponse
}

/** A response of server-sent events. */
export class EventStream {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  }

  /** Sends an event; without a name in interfaces that give none. */
  send(data: unknown, name?: string): void {
    const text = typeof data === 'string' ? data : JSON.stringify(data)
    this.#response.write(`${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`)
  }
}

/** The text of a message that is a string, or a list of parts. */
export function textOf(content: Json): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part: Json) => (typeof part === 'string' ? part : String(part?.text ?? ''))).join('\n')
}
