import { composeText } from '../../text/composeText.ts'
import { HeadAndTail } from './headAndTail.ts'
import { PlainText } from './plainText.ts'
import { Masker } from './secrets.ts'
import type { Secret } from './secrets.ts'

/** A text that comes in pieces: without what a terminal obeys, without secrets, with its beginning and its end. */
export class CleanText {
  readonly #plain = new PlainText()
  readonly #masker: Masker
  readonly #kept: HeadAndTail

  constructor(secrets: readonly Secret[], max: number) {
    this.#masker = new Masker(secrets)
    this.#kept = new HeadAndTail(max)
  }

  add(piece: string): void {
    this.#kept.add(this.#masker.take(this.#plain.take(piece)))
  }

  /** The whole text, to which nothing is added any more. */
  end(): string {
    this.#kept.add(this.#masker.take(this.#plain.end()) + this.#masker.end())
    return composeText(this.#kept.toString())
  }
}

/** Cleans a complete text, as {@link CleanText} does. */
export function cleanText(text: string, secrets: readonly Secret[], max: number): string {
  const clean = new CleanText(secrets, max)
  clean.add(text)
  return clean.end()
}

/** The same in one line, with its beginning alone. */
export function cleanLine(text: string, secrets: readonly Secret[], max: number): string {
  // Longer than what is kept, so that a secret that is cut off is none any more.
  const clean = cleanText(text.slice(0, max * 8), secrets, max * 8)
  return composeText(clean.replace(/\s+/g, ' ').trim(), { max })
}
