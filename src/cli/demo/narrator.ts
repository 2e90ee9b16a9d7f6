import type { Printer } from '../terminal/printer.ts'
import { cutToWidth, wrap } from '../terminal/width.ts'

const MARGIN = '  '
const MAX_WIDTH = 96

/** Prints the demonstration: headings, sentences, commands and their output. */
export class Narrator {
  readonly #printer: Printer
  #chapter = 0

  constructor(printer: Printer) {
    this.#printer = printer
  }

  get colors() {
    return this.#printer.colors
  }

  /** Prints the title. */
  title(text: string): void {
    const { bold, dim } = this.colors
    this.#printer.line(`\n${MARGIN}${bold(text)}\n${MARGIN}${dim('─'.repeat(this.#width))}`)
  }

  /** Prints the heading of the next chapter. */
  chapter(text: string): void {
    this.#chapter += 1
    const { bold, cyan } = this.colors
    this.#printer.line(`\n${MARGIN}${cyan(bold(String(this.#chapter)))}  ${bold(text)}\n`)
  }

  /** Prints sentences, wrapped. */
  say(text: string): void {
    for (const line of wrap(text, this.#width - 3)) this.#printer.line(`${MARGIN}   ${line}`)
  }

  /** Prints a command as a person would type it. */
  command(text: string): void {
    const { dim, bold } = this.colors
    this.#printer.line(`\n${MARGIN}   ${dim('$')} ${bold(text)}`)
  }

  /** Prints a line of a program's output. */
  echo(text: string, who = ''): void {
    const { dim } = this.colors
    const label = who ? dim(`${who} │ `) : ''
    const line = `${MARGIN}   ${label}${text}`
    this.#printer.line(this.#printer.isTerminal ? cutToWidth(line, this.#printer.columns - 1) : line)
  }

  /** Formats a question to the person at the terminal. */
  prompt(text: string): string {
    const { yellow, bold } = this.colors
    return `${MARGIN}   ${yellow('▌')} ${bold(text)}`
  }

  /** Prints what the chapter has shown. */
  conclude(text: string): void {
    const { green } = this.colors
    this.#printer.line()
    const [first = '', ...rest] = wrap(text, this.#width - 5)
    this.#printer.line(`${MARGIN}   ${green('▌')} ${first}`)
    for (const line of rest) this.#printer.line(`${MARGIN}   ${green('▌')} ${line}`)
  }

  /** Prints an empty line. */
  gap(): void {
    this.#printer.line()
  }

  get #width(): number {
    return Math.min(MAX_WIDTH, this.#printer.columns) - 4
  }
}
