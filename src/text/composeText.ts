/** Characters that can't be stored: NUL, which PostgreSQL does not allow, and lone surrogates, which have no UTF-8 encoding. */
const UNSTORABLE = /[\0\p{Surrogate}]/u
const EVERY_UNSTORABLE = /[\0\p{Surrogate}]/gu

/** Whether the text can be stored unchanged. */
export function isStorable(text: string): boolean {
  const { isWellFormed } = text as { readonly isWellFormed?: () => boolean }
  // `isWellFormed`, where available, is many times as fast on a long text
  if (isWellFormed) return !text.includes('\0') && isWellFormed.call(text)
  return !UNSTORABLE.test(text)
}

/** Limits of composed text. */
export interface TextBounds {
  /** Maximum length in UTF-16 units, including the ellipsis. Default: no limit. */
  readonly max?: number
  /** Which part of a longer text is kept. Default: `START`. */
  readonly keep?: 'START' | 'END' | 'BOTH'
}

/**
 * Makes text that Pawl composes from untrusted parts storable, and cuts it between characters. What can't be stored becomes U+FFFD. Text
 * that callers send is refused instead of changed.
 */
export function composeText(text: string, { max = Infinity, keep = 'START' }: TextBounds = {}): string {
  return cut(text, max, keep).replace(EVERY_UNSTORABLE, '\uFFFD')
}

function cut(text: string, max: number, keep: 'START' | 'END' | 'BOTH'): string {
  if (text.length <= max) return text
  const room = Math.max(0, max - 1)
  switch (keep) {
    case 'START':
      return `${startOf(text, room)}…`
    case 'END':
      return `…${endOf(text, room)}`
    case 'BOTH':
      return `${startOf(text, Math.ceil(room / 2) - 1)} … ${endOf(text, Math.floor(room / 2) - 1)}`
  }
}

/** The start of a text, at most so long and between characters. */
export function startOf(text: string, length: number): string {
  return text.slice(0, isInsidePair(text, length) ? length - 1 : length)
}

/** The end of a text, at most so long and between characters. */
export function endOf(text: string, length: number): string {
  const from = text.length - length
  return text.slice(isInsidePair(text, from) ? from + 1 : from)
}

/** Whether a cut here would split a surrogate pair. */
function isInsidePair(text: string, at: number): boolean {
  return (text.codePointAt(at - 1) ?? 0) > 0xff_ff
}
