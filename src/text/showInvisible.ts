/**
 * Characters that a reader can't see or that are misleading: control characters except line ends and tabs, bidirectional and zero-width
 * marks, lone surrogates. Joiners and variation selectors of emoji are allowed.
 */
const INVISIBLE =
  /(?<=\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})\u200d(?=\p{Extended_Pictographic})|(?<=\p{Emoji})[\ufe0e\ufe0f]|((?![\n\t])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb])/gu

/**
 * Escapes invisible characters of an untrusted text, so that it can be shown to a person: a mark that reverses the direction of text, for
 * example, becomes `\u{202e}`.
 */
export function showInvisible(text: string): string {
  return replaceHidden(text, (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`)
}

/** Escapes invisible characters within JSON; the value stays the same. */
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
