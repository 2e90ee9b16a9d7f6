import { stripVTControlCharacters } from 'node:util'

/** Keeps the end of a program's output. */
export class LogTail {
  readonly #limit: number
  #chunks: Buffer[] = []
  #length = 0

  /** @param limit how much is kept, in bytes */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Appends output. */
  add(bytes: Uint8Array): void {
    this.#chunks.push(Buffer.from(bytes.subarray(Math.max(0, bytes.length - this.#limit))))
    this.#length += this.#chunks.at(-1)?.length ?? 0
    if (this.#length > 2 * this.#limit) this.#cut()
  }

  /** Returns the kept output as text, without colours and other terminal control characters. */
  toString(): string {
    this.#cut()
    const text = Buffer.concat(this.#chunks).toString('utf8')
    return stripVTControlCharacters(text).replace(/[^\P{Cc}\n\t]/gu, '')
  }

  #cut(): void {
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all.subarray(Math.max(0, all.length - this.#limit))]
    this.#length = this.#chunks[0]?.length ?? 0
  }
}
