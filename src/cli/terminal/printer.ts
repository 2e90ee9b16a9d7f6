import pc from 'picocolors'
import { showInvisible } from '../../text/showInvisible.ts'

/** Colours as functions of text; without colours each returns its text unchanged. */
export type Colors = ReturnType<typeof pc.createColors>

/** A stream that lines are written to, and how they may look there. */
export interface Printer {
  readonly colors: Colors
  /** Whether a person reads it as it is written. */
  readonly isTerminal: boolean
  /** Columns of the terminal; 100 where it is none, or does not know. */
  readonly columns: number
  /** Rows of the terminal; 24 where it is none, or does not know. */
  readonly rows: number
  /** Writes text as it is. */
  write(text: string): void
  /** Writes a line. */
  line(text?: string): void
}

/** What decides on colours: the environment's NO_COLOR and FORCE_COLOR, `--no-color`, and whether it is a terminal. */
export interface PrinterEnvironment {
  readonly env: NodeJS.ProcessEnv
  readonly argv: readonly string[]
}

/** What is needed of a stream: the terminal's members are there on terminals only. */
export interface PrinterStream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

/** Printer over a stream. Writing to one whose reader has gone is left to the stream's own `error` event. */
export function createPrinter(stream: PrinterStream, surroundings: PrinterEnvironment): Printer {
  const isTerminal = stream.isTTY === true
  // nothing is obeyed on a terminal that a command forgot to make plain; what a program reads stays as it is
  const show = (text: string) => (isTerminal ? showMarks(text) : text)
  return {
    colors: pc.createColors(wantsColors(isTerminal, surroundings)),
    isTerminal,
    get columns() {
      return stream.columns || 100
    },
    get rows() {
      return stream.rows || 24
    },
    write: (text) => void stream.write(show(text)),
    line: (text = '') => void stream.write(show(`${text}\n`)),
  }
}

// what steers a terminal is the commands' own: colours, and the cursor of a live view
// oxlint-disable-next-line no-control-regex
const STEERING = /([\u0000-\u001f]+)/

function showMarks(text: string): string {
  return text
    .split(STEERING)
    .map((part, at) => (at % 2 === 0 ? showInvisible(part) : part))
    .join('')
}

function wantsColors(isTerminal: boolean, { env, argv }: PrinterEnvironment): boolean {
  if (env['NO_COLOR'] || argv.includes('--no-color')) return false
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0'
  return isTerminal && env['TERM'] !== 'dumb'
}
