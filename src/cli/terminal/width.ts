import { stripVTControlCharacters } from 'node:util'
import cliTruncate from 'cli-truncate'
import stringWidth from 'string-width'
import { showInvisible } from '../../text/showInvisible.ts'

/** How many columns a text takes on a terminal; colours take none. */
export function widthOf(text: string): number {
  return stringWidth(text)
}

/** The text, padded with spaces to a width. */
export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)))
}

/** The text, cut to a width; an ellipsis in the last column replaces what is cut off. Colours are kept and ended. */
export function cutToWidth(text: string, width: number): string {
  return cliTruncate(text, Math.max(1, width))
}

/** Text in lines of at most this width, broken between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return line ? [...lines, line] : lines
}

/** The lines of an untrusted text, complete and safe for a terminal: invisible characters are escaped. */
export function safeLines(text: string): string[] {
  const shown = showInvisible(text.replaceAll('\r\n', '\n').replaceAll('\t', '  '))
  return shown.replace(/\n+$/, '').split('\n')
}

// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g

/**
 * An untrusted text, safe for a terminal: on one line, without control characters, invisible characters escaped.
 */
export function safeText(text: string): string {
  return showInvisible(stripVTControlCharacters(text).replace(CONTROLS, ' '))
}
