/** A value that must not be shown, by the name of the variable that holds it. */
export interface Secret {
  readonly name: string
  readonly value: string
}

const SECRET_NAME =
  /TOKEN|KEY|SECRET|PASSW|PASSPHRASE|_PASS$|CREDENTIAL|PRIVATE|COOKIE|AUTHORIZATION|DATABASE_(?:LISTEN_)?URL|DSN$|CONNECTION_STRING/i

/** The shortest value that counts as a secret by its variable's name: shorter ones are words that stand everywhere. */
const MIN_SECRET_LENGTH = 8

/** The secrets of an environment, by the names of its variables; PAWL_TOKEN always. */
export function findSecrets(env: Readonly<Record<string, string | undefined>>): Secret[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value && (name === 'PAWL_TOKEN' || (SECRET_NAME.test(name) && value.length >= MIN_SECRET_LENGTH))
      ? [{ name, value }]
      : [],
  )
}

/** A way in which a secret may be written. */
interface Form {
  readonly text: string
  readonly shown: string
}

/**
 * Replaces secrets in a text that comes in pieces: what may be the beginning of one waits for the next piece. Of secrets
 * that overlap the first is replaced, of those that begin together the longest.
 */
export class Masker {
  readonly #forms: readonly Form[]
  readonly #any: RegExp
  #held: string

  constructor(secrets: readonly Secret[], held = '') {
    this.#forms = secrets.flatMap(formsOf).toSorted((a, b) => b.text.length - a.text.length)
    this.#any = new RegExp(this.#forms.map(({ text }) => escapePattern(text)).join('|') || '(?!)', 'g')
    this.#held = held
  }

  /** What waits for the next piece. */
  get held(): string {
    return this.#held
  }

  /** The length of the longest secret, in characters. */
  get longest(): number {
    return this.#forms[0]?.text.length ?? 0
  }

  take(piece: string): string {
    const text = this.#held + piece
    let masked = ''
    let start = 0
    for (;;) {
      const open = this.#findOpen(text, start)
      this.#any.lastIndex = start
      const match = this.#any.exec(text)
      if (!match || match.index >= open) {
        this.#held = text.slice(open)
        return masked + text.slice(start, open)
      }
      masked += text.slice(start, match.index) + this.#shownFor(match[0])
      start = match.index + match[0].length
    }
  }

  /** What waited, where nothing follows; a good part of a secret is none to be shown either. */
  end(): string {
    const held = this.#held
    this.#held = ''
    return held.length < MIN_SECRET_LENGTH
      ? held.replace(this.#any, (found) => this.#shownFor(found))
      : '[hidden]'
  }

  /** Where, from there on, a text begins that may become a secret; its length where there is none. */
  #findOpen(text: string, from: number): number {
    for (let start = Math.max(from, text.length - this.longest + 1); start < text.length; start += 1) {
      const rest = text.slice(start)
      if (this.#forms.some((form) => form.text.length > rest.length && form.text.startsWith(rest)))
        return start
    }
    return text.length
  }

  #shownFor(found: string): string {
    return this.#forms.find(({ text }) => text === found)?.shown ?? '[hidden]'
  }
}

/** A whole text without the secrets. */
export function maskText(text: string, secrets: readonly Secret[]): string {
  const masker = new Masker(secrets)
  return masker.take(text) + masker.end()
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

/** Literally, as encoded in JSON, and as encoded in a URL; a secret of several lines is matched line by line. */
function formsOf({ name, value }: Secret): Form[] {
  const lines = value.split(/\r?\n/).filter((line) => line === value || line.length >= MIN_SECRET_LENGTH)
  const texts = lines.flatMap((line) => [line, JSON.stringify(line).slice(1, -1), encodeURIComponent(line)])
  return [...new Set(texts)].map((text) => ({ text, shown: `[${name} hidden]` }))
}
