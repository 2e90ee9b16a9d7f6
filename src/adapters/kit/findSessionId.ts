/** So much of the beginning of a turn's output is searched, in bytes, and so much of its end. */
const HEAD = 262_144
const TAIL = 65_536
/** What may be cut by the border of two pieces, in bytes. */
const OVERLAP = 1_024

/** The longest id that is taken for one, in characters. */
const MAX_ID = 1_000

/** Looks for the agent's own session id in what it puts out: in the beginning as it comes, and at the end. */
export class SessionIdFinder {
  readonly #pattern: RegExp
  #searched = 0
  #tail = ''
  #found: string | null = null

  /** @throws SyntaxError where the pattern is no regular expression. */
  constructor(pattern: string) {
    this.#pattern = new RegExp(pattern, 'g')
  }

  /** Takes more output. Returns an id that was not known before; null where there is none. */
  take(bytes: Uint8Array): string | null {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      .subarray(-TAIL)
      .toString('latin1')
    const before = this.#tail.slice(-OVERLAP)
    this.#tail = (this.#tail + text).slice(-TAIL)
    if (this.#searched >= HEAD) return null
    this.#searched += text.length
    return this.#search(before + text)
  }

  /** Looks at the end of the output. Returns an id that was not known before; null where there is none. */
  end(): string | null {
    const last = this.#tail
    this.#tail = ''
    this.#searched = 0
    return this.#search(last)
  }

  /** The last match counts: an agent that resumes a session may continue under another id. */
  #search(text: string): string | null {
    let id: string | undefined
    for (const match of text.matchAll(this.#pattern)) if (isId(match[1])) id = match[1]
    if (!id || id === this.#found) return null
    return (this.#found = id)
  }
}

/** An id becomes a word of a command and is kept with the session: no control character can stand in it. */
function isId(found: string | undefined): found is string {
  return found !== undefined && found.length <= MAX_ID && !/\p{Cc}/u.test(found)
}
