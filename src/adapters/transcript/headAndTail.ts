import { endOf, startOf } from '../../text/composeText.ts'

/** The part of the room that the beginning of a text has; its end has the rest. */
const HEAD_SHARE = 0.75
/** Room for the line that says how much is left out. */
const NOTE_LENGTH = 100

/** A text that grows without bound, of which the beginning and the end are kept. Lengths are in UTF-16 units. */
export class HeadAndTail {
  readonly #headRoom: number
  readonly #tailRoom: number
  #head = ''
  #tail = ''
  #leftOut = 0

  /** @param max the longest text that comes out, the line about what is left out included */
  constructor(max: number) {
    const room = max - NOTE_LENGTH
    this.#headRoom = Math.floor(room * HEAD_SHARE)
    this.#tailRoom = room - this.#headRoom
  }

  get length(): number {
    return this.#head.length + this.#leftOut + this.#tail.length
  }

  add(text: string): void {
    let rest = text
    if (this.#tail === '' && this.#leftOut === 0) {
      const taken = startOf(text, Math.min(text.length, this.#headRoom - this.#head.length))
      this.#head += taken
      rest = text.slice(taken.length)
    }
    if (rest === '') return
    this.#tail += rest
    // Cut now and then only: text that comes in small pieces would be copied for each of them.
    if (this.#tail.length > this.#tailRoom * 2) this.#cutTail()
  }

  toString(): string {
    if (this.#tail.length > this.#tailRoom) this.#cutTail()
    return this.#leftOut === 0
      ? this.#head + this.#tail
      : `${this.#head}\n[${this.#leftOut} characters are left out here]\n${this.#tail}`
  }

  #cutTail(): void {
    const kept = endOf(this.#tail, this.#tailRoom)
    this.#leftOut += this.#tail.length - kept.length
    this.#tail = kept
  }
}
