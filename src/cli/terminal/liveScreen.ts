import type { Printer } from './printer.ts'
import { cutToWidth } from './width.ts'

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** The terminal draws everything between these two at once; terminals without support ignore them. */
const BEGIN_FRAME = '\u001b[?2026h'
const END_FRAME = '\u001b[?2026l'
const CLEAR_LINE_REST = '\u001b[K'
const CLEAR_SCREEN_REST = '\u001b[J'

/** Lines at the bottom of a terminal that are redrawn in place. */
export class LiveScreen {
  readonly #printer: Printer
  #drawn = 0

  constructor(printer: Printer) {
    this.#printer = printer
    printer.write(HIDE_CURSOR)
  }

  /** How many lines fit. */
  get room(): number {
    return Math.max(1, this.#printer.rows - 1)
  }

  /** Replaces the lines drawn before; lines that don't fit are left out at the bottom. */
  draw(lines: readonly string[]): void {
    const fitting = lines.slice(0, this.room).map((line) => cutToWidth(line, this.#printer.columns - 1))
    const back = this.#drawn > 0 ? `\u001b[${this.#drawn}A\r` : ''
    const text = fitting.map((line) => `${line}${CLEAR_LINE_REST}\n`).join('')
    this.#printer.write(`${BEGIN_FRAME}${back}${text}${CLEAR_SCREEN_REST}${END_FRAME}`)
    this.#drawn = fitting.length
  }

  /** Shows the cursor again. */
  end(): void {
    this.#printer.write(SHOW_CURSOR)
  }
}
