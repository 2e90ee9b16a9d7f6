import { Masker } from './secrets.ts'
import type { Secret } from './secrets.ts'
import { PlainText } from './plainText.ts'
import type { PlainCarry } from './plainText.ts'

/** The bytes not yet returned as text, with which another decoder can continue. */
export interface Carry {
  /** The beginning of a character, base64. */
  readonly bytes: string
  readonly plain: PlainCarry
  readonly masked: string
}

/** Makes of a stream of bytes the text of a transcript: UTF-8, no terminal's sequences, no secrets. */
export class TranscriptText {
  readonly #secrets: readonly Secret[]
  #bytes: Buffer
  #plain: PlainText
  #masker: Masker

  constructor(secrets: readonly Secret[], carry?: Carry) {
    this.#secrets = secrets
    this.#bytes = Buffer.from(carry?.bytes ?? '', 'base64')
    this.#plain = new PlainText(carry?.plain)
    this.#masker = new Masker(secrets, carry?.masked)
  }

  get carry(): Carry {
    return { bytes: this.#bytes.toString('base64'), plain: this.#plain.carry, masked: this.#masker.held }
  }

  take(bytes: Uint8Array): string {
    const all = Buffer.concat([this.#bytes, bytes])
    const whole = all.length - unfinishedCharacter(all)
    this.#bytes = all.subarray(whole)
    return this.#masker.take(this.#plain.take(all.toString('utf8', 0, whole)))
  }

  /**
   * Goes on after a gap. Left out are what waited before it, which may be the beginning of a secret, and the first bytes after
   * it, which may be the end of one. Returns the text, and how many bytes these are.
   */
  takeAfterGap(bytes: Uint8Array): { readonly text: string; readonly skipped: number } {
    let skipped = Math.min(bytes.length, this.#masker.longest * MAX_BYTES_PER_CHARACTER)
    while (skipped < bytes.length && isContinuation(bytes[skipped])) skipped += 1
    const waiting = this.#bytes.length + Buffer.byteLength(this.#plain.carry.held + this.#masker.held)
    this.#bytes = Buffer.alloc(0)
    this.#plain = new PlainText()
    this.#masker = new Masker(this.#secrets)
    return { text: this.take(bytes.subarray(skipped)), skipped: waiting + skipped }
  }

  /** What waited, where nothing follows. */
  end(): string {
    const rest = this.#masker.take(this.#plain.take(this.#bytes.toString('utf8')) + this.#plain.end())
    this.#bytes = Buffer.alloc(0)
    return rest + this.#masker.end()
  }
}

const MAX_BYTES_PER_CHARACTER = 3

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

/** How many bytes at the end are the beginning of a character whose rest is missing. */
function unfinishedCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if (isContinuation(byte)) continue
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return needed > back ? back : 0
  }
  return 0
}
