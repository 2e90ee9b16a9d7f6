import type { Printer } from './printer.ts'
import { cutToWidth } from './width.ts'

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** The terminal shows what comes between these two at once; one that knows them not ignores them. */
const BEGIN_FRAME = '\u001b[?2026h'
const END_FRAME = '\u001b[?2026l'
const CLEAR_LINE_REST = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

/** Lines at the bottom of a terminal that are drawn over again and again, and stay there at the end. */
export class LiveScreen {
  readonly #printer: Printer
  #drawn = 0

  constructor(printer: Printer) {
    this.#printer = printer
    printer.write(HIDE_CURSOR)
  }

  /** How many lines there is room for. */
  get room(): number {
    return Math.max(1, this.#printer.rows - 1)
  }

  /** Draws the lines over those before; what does not fit is left out at the bottom. */
  draw(lines: readonly string[]): void {
    const fitting = lines.slice(0, this.room).map((line) => cutToWidth(line, this.#printer.columns - 1))
    const back = this.#drawn > 0 ? `\u001b[${this.#drawn}A\r` : ''
    const text = fitting.map((line) => `${line}${CLEAR_LINE_REST}\n`).join('')
    this.#printer.write(`${BEGIN_FRAME}${back}${text}${CLEAR_BELOW}${END_FRAME}`)
    this.#drawn = fitting.length
  }

  /** Gives the terminal back. */
  end(): void {
    this.#printer.write(SHOW_CURSOR)
  }
}
