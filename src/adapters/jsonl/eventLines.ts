import { StringDecoder } from 'node:string_decoder'
import { isFields } from './eventReader.ts'
import type { Fields } from './eventReader.ts'

/** The longest line that is kept, in characters: a tool's result may stand in one. */
const MAX_LINE = 8_388_608

/** What is done with a line. */
export interface LineTaker {
  /** Takes a line that is an object of JSON. */
  readonly takeEvent: (event: Fields) => void
  /** Takes any other line, without its end. */
  readonly takeText: (line: string) => void
}

/** Cuts output into lines of JSON. A line that is too long is left out, and said to be. */
export class EventLines {
  readonly #taker: LineTaker
  readonly #decoder = new StringDecoder('utf8')
  #pieces: string[] = []
  #length = 0

  constructor(taker: LineTaker) {
    this.#taker = taker
  }

  take(bytes: Uint8Array): void {
    const lines = this.#decoder.write(bytes).split('\n')
    const rest = lines.pop() ?? ''
    for (const line of lines) {
      this.#hold(line)
      this.#endLine()
    }
    this.#hold(rest)
  }

  /** Takes a last line that has no end. */
  end(): void {
    this.#hold(this.#decoder.end())
    if (this.#length > 0) this.#endLine()
  }

  #hold(piece: string): void {
    this.#length += piece.length
    if (this.#length <= MAX_LINE) this.#pieces.push(piece)
    else this.#pieces = []
  }

  #endLine(): void {
    const line = this.#pieces.join('').replace(/\r$/, '')
    const length = this.#length
    this.#pieces = []
    this.#length = 0
    if (length > MAX_LINE) return this.#taker.takeText(`[a line of ${length} characters is left out here]`)
    if (line.trim() === '') return
    const event = parseEvent(line)
    if (event) this.#taker.takeEvent(event)
    else this.#taker.takeText(line)
  }
}

function parseEvent(line: string): Fields | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const event: unknown = JSON.parse(line)
    return isFields(event) ? event : undefined
  } catch {
    return undefined
  }
}
