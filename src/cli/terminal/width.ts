import { stripVTControlCharacters } from 'node:util'
import { showInvisible } from '../../text/showInvisible.ts'

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u

/** How many columns the text takes on a terminal; colours take none. */
export function widthOf(text: string): number {
  const visible = stripVTControlCharacters(text)
  if (/^[\x20-\x7e]*$/.test(visible)) return visible.length
  let width = 0
  for (const { segment } of graphemes.segment(visible)) width += WIDE.test(segment) ? 2 : 1
  return width
}

/** The text with spaces up to the width. */
export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

// The escape is what colours begin with.
// oxlint-disable-next-line no-control-regex
const COLOR = /\u001b\[[0-9;]*m/y

/** The text cut to the width, the last column an ellipsis where something is missing; colours are kept and ended. */
export function cutToWidth(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  let room = width - 1
  for (let at = 0; at < text.length;) {
    COLOR.lastIndex = at
    const color = COLOR.exec(text)?.[0]
    const segment = color ?? firstGrapheme(text.slice(at, at + 64))
    if (!color) room -= widthOf(segment)
    if (room < 0) break
    kept += segment
    at += segment.length
  }
  return `${kept}…${kept.includes('\u001b[') ? '\u001b[0m' : ''}`
}

function firstGrapheme(text: string): string {
  for (const { segment } of graphemes.segment(text)) return segment
  return text
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
