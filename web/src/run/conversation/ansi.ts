/** A part of a line that looks the same. */
export interface LinePart {
  readonly text: string
  readonly className: string
}

/** A line as a terminal would show it in the end. */
export interface PaintedLine {
  readonly parts: readonly LinePart[]
  /** How what follows the line looks. */
  readonly end: Style
}

/** What control sequences have set. Colours are numbers from 0 to 7, as terminals number them. */
export interface Style {
  readonly color?: number | undefined
  readonly background?: number | undefined
  readonly isBold?: boolean
  readonly isDim?: boolean
  readonly isItalic?: boolean
  readonly isUnderlined?: boolean
  readonly isStruck?: boolean
}

export const PLAIN: Style = {}

const COLORS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const

/** Control sequences of terminals, the carriage return, and other control characters except tabs. */
const CONTROL = new RegExp(
  [
    String.raw`\u001B\[([0-?]*)[ -/]*([@-~])`,
    String.raw`\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)?`,
    String.raw`\u001B[@-Z\\^_]`,
    String.raw`[\u0000-\u0008\u000B-\u001F\u007F]`,
  ].join('|'),
  'g',
)

/** Paints a line: with its colours, and without what a carriage return has overwritten. */
export function paintLine(line: string, start: Style): PaintedLine {
  const text = line.replace(/\r+$/, '')
  let style = start
  let parts: LinePart[] = []
  let from = 0
  const add = (to: number) => {
    if (to > from) parts.push({ text: text.slice(from, to), className: classesOf(style) })
  }
  for (const found of text.matchAll(CONTROL)) {
    add(found.index)
    from = found.index + found[0].length
    if (found[0] === '\r') parts = []
    else if (found[2] === 'm') style = readStyle(style, found[1] ?? '')
  }
  add(text.length)
  return { parts, end: style }
}

/** The style after a sequence of `m`, whose parameters are separated by `;` or `:`. */
function readStyle(before: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map(Number)
  let style = before
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0
    if (code === 38 || code === 48) {
      const isIndexed = codes[at + 1] === 5
      const color = isIndexed ? fromIndex(codes[at + 2] ?? 0) : nearest(codes.slice(at + 2, at + 5))
      style = { ...style, [code === 38 ? 'color' : 'background']: color }
      at += isIndexed ? 2 : 4
    } else style = applyCode(style, code)
  }
  return style
}

function applyCode(style: Style, code: number): Style {
  switch (code) {
    case 0:
      return PLAIN
    case 1:
      return { ...style, isBold: true }
    case 2:
      return { ...style, isDim: true }
    case 3:
      return { ...style, isItalic: true }
    case 4:
      return { ...style, isUnderlined: true }
    case 7:
    case 27:
      return { ...style, color: style.background, background: style.color }
    case 9:
      return { ...style, isStruck: true }
    case 22:
      return { ...style, isBold: false, isDim: false }
    case 23:
      return { ...style, isItalic: false }
    case 24:
      return { ...style, isUnderlined: false }
    case 29:
      return { ...style, isStruck: false }
    case 39:
      return { ...style, color: undefined }
    case 49:
      return { ...style, background: undefined }
    default:
  }
  if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) return { ...style, color: code % 10 }
  if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) return { ...style, background: code % 10 }
  return style
}

/** The colour of the palette of 256: 16 named ones, a cube of six steps each, greys. */
function fromIndex(index: number): number | undefined {
  if (index < 16) return index % 8
  if (index > 231) return undefined
  const cube = index - 16
  return nearest([Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51])
}

/** The named colour that is nearest to red, green and blue from 0 to 255; undefined for a grey. */
function nearest(rgb: readonly number[]): number | undefined {
  const [red = 0, green = 0, blue = 0] = rgb
  const most = Math.max(red, green, blue)
  if (most - Math.min(red, green, blue) < 40) return undefined
  const isIn = (part: number) => (part > most * 0.6 ? 1 : 0)
  return isIn(red) + 2 * isIn(green) + 4 * isIn(blue)
}

function classesOf(style: Style): string {
  const { color, background, isBold, isDim, isItalic, isUnderlined, isStruck } = style
  return [
    color !== undefined && `ansi-${COLORS[color]}`,
    background !== undefined && `ansi-on-${COLORS[background]}`,
    isBold && 'ansi-bold',
    isDim && 'ansi-dim',
    isItalic && 'ansi-italic',
    isUnderlined && 'ansi-underlined',
    isStruck && 'ansi-struck',
  ]
    .filter(Boolean)
    .join(' ')
}
