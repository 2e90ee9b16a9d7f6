import pc from 'picocolors'
import { showInvisible } from '../../text/showInvisible.ts'
import { shortenIds } from './shortId.ts'

/** Colours as functions of text; without colours each returns its text unchanged. */
export type Colors = ReturnType<typeof pc.createColors>

/** Writes lines to a stream. */
export interface Printer {
  readonly colors: Colors
  /** Whether the stream is a terminal. */
  readonly isTerminal: boolean
  /** What ends a line: on a terminal that is raw, the cursor has to be sent back too. Default: a line feed. */
  lineEnd: string
  /** Columns of the terminal; 100 if unknown. */
  readonly columns: number
  /** Rows of the terminal; 24 if unknown. */
  readonly rows: number
  /** A text of our own with the ids in it as they are read: on a terminal by their ends, in a pipe whole. */
  ids(text: string): string
  /** Writes text without a line end. */
  write(text: string): void
  /** Writes a line. */
  line(text?: string): void
}

/** What decides about colours besides the stream: NO_COLOR, FORCE_COLOR and `--no-color`. */
export interface PrinterEnvironment {
  readonly env: NodeJS.ProcessEnv
  readonly argv: readonly string[]
}

/** What is needed of a stream; terminals have all members. */
export interface PrinterStream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

/** A printer for a stream. Write errors are left to the stream's `error` event. */
export function createPrinter(stream: PrinterStream, surroundings: PrinterEnvironment): Printer {
  const isTerminal = stream.isTTY === true
  // the last defence against text that a command forgot to pass through safeText; pipes get the text unchanged
  const show = (text: string) => (isTerminal ? showMarks(text) : text)
  const endLines = (text: string) => (isTerminal ? text.replaceAll('\n', printer.lineEnd) : text)
  const printer: Printer = {
    lineEnd: '\n',
    colors: pc.createColors(wantsColors(isTerminal, surroundings)),
    isTerminal,
    get columns() {
      return stream.columns || 100
    },
    get rows() {
      return stream.rows || 24
    },
    ids: (text) => (isTerminal ? shortenIds(text) : text),
    write: (text) => void stream.write(show(text)),
    line: (text = '') => void stream.write(endLines(show(`${text}\n`))),
  }
  return printer
}

// control sequences are the commands' own: colours, and the cursor of the live view
// oxlint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /([\u0000-\u001f]+)/

function showMarks(text: string): string {
  return text
    .split(CONTROL_CHARACTERS)
    .map((part, at) => (at % 2 === 0 ? showInvisible(part) : part))
    .join('')
}

function wantsColors(isTerminal: boolean, { env, argv }: PrinterEnvironment): boolean {
  if (env['NO_COLOR'] || argv.includes('--no-color')) return false
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0'
  return isTerminal && env['TERM'] !== 'dumb'
}
