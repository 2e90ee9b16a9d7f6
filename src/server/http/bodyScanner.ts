/** Limits of a request's body. */
export interface BodyLimits {
  /** Bytes in all. */
  readonly bytes: number
  /** Bytes besides the strings under the keys `content` and `patch`: a file's content, a diff. */
  readonly otherBytes: number
  /** JSON values, including objects and lists. */
  readonly values: number
  /** How deep they are nested in one another. */
  readonly depth: number
}

/** Which limit is exceeded. */
export type Excess = keyof BodyLimits

/** Keys of the strings that may be long, as the schema names them. */
const CONTENT_KEYS = ['content', 'patch']
const LONGEST_KEY = Math.max(...CONTENT_KEYS.map((key) => key.length))

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const OPEN_LIST = 0x5b
const CLOSE_OBJECT = 0x7d
const CLOSE_LIST = 0x5d
const SPACE = 0x20

/**
 * Counts the values and the nesting of JSON while its bytes arrive, before anything is decoded: the cost of a body depends on how many
 * values it has, not on how long its strings are. It accepts anything and does not check the syntax; for valid JSON its counts are
 * exact.
 */
export class BodyScanner {
  readonly #limits: BodyLimits
  #bytes = 0
  #otherBytes = 0
  #values = 0
  #depth = 0
  #isInString = false
  #isEscaped = false
  #isInScalar = false
  /** Whether a string that begins here is a key. */
  #isKeyNext = false
  #isKey = false
  /** Whether the last key is one of `CONTENT_KEYS`. */
  #isContent = false
  #keyLength = 0
  readonly #key = new Uint8Array(LONGEST_KEY)
  /** For each open bracket, whether it is an object's. */
  readonly #isObject: Uint8Array

  constructor(limits: BodyLimits) {
    this.#limits = limits
    this.#isObject = new Uint8Array(limits.depth + 2)
  }

  /** Scans the next bytes. Returns the exceeded limit, if any; the scanner must not be used after that. */
  take(chunk: Uint8Array): Excess | undefined {
    const { bytes, otherBytes } = this.#limits
    this.#bytes += chunk.length
    if (this.#bytes > bytes) return 'bytes'
    let content = 0
    for (let at = 0; at < chunk.length; at += 1) {
      if (this.#isInString) {
        const end = this.#skipString(chunk, at)
        if (this.#isContent && !this.#isKey) content += end - at
        at = end - 1
        continue
      }
      const excess = this.#takeOutside(chunk[at] ?? 0)
      if (excess) return excess
    }
    this.#otherBytes += chunk.length - content
    return this.#otherBytes > otherBytes ? 'otherBytes' : undefined
  }

  /** Scans the rest of a string. Returns the position after its closing quote, or the end of the chunk. */
  #skipString(chunk: Uint8Array, from: number): number {
    let at = this.#isEscaped ? from + 1 : from
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at]
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) {
        this.#noteKey(chunk, from, at)
        this.#isEscaped = false
        this.#endString()
        return at + 1
      }
    }
    this.#noteKey(chunk, from, chunk.length)
    // the escaped character is the first byte of the next chunk
    this.#isEscaped = at > chunk.length
    return chunk.length
  }

  /** Keeps a part of a key; of a long key only the beginning, which equals none of `CONTENT_KEYS`. */
  #noteKey(chunk: Uint8Array, from: number, to: number): void {
    if (!this.#isKey) return
    const room = Math.max(0, LONGEST_KEY - this.#keyLength)
    this.#key.set(chunk.subarray(from, Math.min(to, from + room)), Math.min(this.#keyLength, LONGEST_KEY))
    this.#keyLength += to - from
  }

  #endString(): void {
    this.#isInString = false
    if (!this.#isKey) return
    this.#isContent = CONTENT_KEYS.some((key) => this.#isNamed(key))
    this.#isKeyNext = false
  }

  #isNamed(key: string): boolean {
    if (key.length !== this.#keyLength) return false
    for (let index = 0; index < key.length; index += 1)
      if (key.charCodeAt(index) !== this.#key[index]) return false
    return true
  }

  #takeOutside(byte: number): Excess | undefined {
    switch (byte) {
      case QUOTE:
        this.#isInString = true
        this.#isInScalar = false
        this.#isKey = this.#isKeyNext
        this.#keyLength = 0
        return this.#isKey ? undefined : this.#count()
      case OPEN_OBJECT:
      case OPEN_LIST:
        return this.#open(byte === OPEN_OBJECT)
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        this.#isInScalar = false
        this.#depth = Math.max(0, this.#depth - 1)
        this.#isKeyNext = false
        return undefined
      case COMMA:
        this.#isInScalar = false
        this.#isKeyNext = this.#isObject[this.#depth] === 1
        return undefined
      case COLON:
        this.#isInScalar = false
        return undefined
      default:
        if (byte <= SPACE) this.#isInScalar = false
        else if (!this.#isInScalar) {
          this.#isInScalar = true
          return this.#count()
        }
        return undefined
    }
  }

  #open(isObject: boolean): Excess | undefined {
    this.#isInScalar = false
    this.#depth += 1
    if (this.#depth > this.#limits.depth) return 'depth'
    this.#isObject[this.#depth] = isObject ? 1 : 0
    this.#isKeyNext = isObject
    return this.#count()
  }

  #count(): Excess | undefined {
    this.#values += 1
    return this.#values > this.#limits.values ? 'values' : undefined
  }
}
