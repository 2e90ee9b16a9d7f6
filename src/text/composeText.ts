/** What no text can be kept with: a NUL, which PostgreSQL has no place for, and half of a surrogate pair, which has no UTF-8. */
const UNSTORABLE = /[\0\p{Surrogate}]/u
const EVERY_UNSTORABLE = /[\0\p{Surrogate}]/gu

/** Whether the text can be kept and given back as it is. */
export function isStorable(text: string): boolean {
  const { isWellFormed } = text as { readonly isWellFormed?: () => boolean }
  // the engine's own test, where it has one, is many times as fast on a long text
  if (isWellFormed) return !text.includes('\0') && isWellFormed.call(text)
  return !UNSTORABLE.test(text)
}

/** How composed text is bounded. */
export interface TextBounds {
  /** The most UTF-16 units that it has in the end, the ellipsis counted. Default: no bound. */
  readonly max?: number
  /** Which part stays where it is longer. Default: `START`. */
  readonly keep?: 'START' | 'END' | 'BOTH'
}

/**
 * Text that the product itself composes, of words that came from anywhere: always storable, and cut between characters.
 * What can't be kept is shown as U+FFFD. Text of others is not changed by this but refused.
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

function startOf(text: string, length: number): string {
  return text.slice(0, isInsidePair(text, length) ? length - 1 : length)
}

function endOf(text: string, length: number): string {
  const from = text.length - length
  return text.slice(isInsidePair(text, from) ? from + 1 : from)
}

/** Whether a cut at this place would leave two halves of one character. */
function isInsidePair(text: string, at: number): boolean {
  return (text.codePointAt(at - 1) ?? 0) > 0xff_ff
}
