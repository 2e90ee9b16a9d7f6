/**
 * What a reader would not see, or would be led astray by: control characters but line ends and tabs, marks that reorder or take no
 * room, halves of characters. What joins and colours emoji is left as it is.
 */
const INVISIBLE =
  /(?<=\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})\u200d(?=\p{Extended_Pictographic})|(?<=\p{Emoji})[\ufe0e\ufe0f]|((?![\n\t])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb])/gu

/**
 * A text that came from elsewhere, as it may be shown to a person: what can't be seen, as marks that turn the direction of a text
 * around, is written out (`\u{202e}`) instead of obeyed.
 */
export function showInvisible(text: string): string {
  return replaceHidden(text, (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`)
}

/** JSON of the same value in which what can't be seen is escaped, so that a person sees it too. */
export function escapeInvisible(json: string): string {
  return replaceHidden(json, (hidden) =>
    Array.from({ length: hidden.length }, (_, at) => escapeUnit(hidden.charCodeAt(at))).join(''),
  )
}

function replaceHidden(text: string, show: (hidden: string) => string): string {
  return text.replace(INVISIBLE, (all, hidden: string | undefined) =>
    hidden === undefined ? all : show(hidden),
  )
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}
