import type { Paper } from '../terminal/paper.ts'
import { cutTo, widthOf } from '../terminal/width.ts'

const MARGIN = '  '
const WIDEST = 96

/** Where the story is told: headings, sentences, commands, and what others say. */
export class Stage {
  readonly #paper: Paper
  #chapter = 0

  constructor(paper: Paper) {
    this.#paper = paper
  }

  get colors() {
    return this.#paper.colors
  }

  /** The title of all. */
  title(text: string): void {
    const { bold, dim } = this.colors
    this.#paper.line(`\n${MARGIN}${bold(text)}\n${MARGIN}${dim('─'.repeat(this.#width))}`)
  }

  /** The heading of the next chapter. */
  chapter(text: string): void {
    this.#chapter += 1
    const { bold, cyan } = this.colors
    this.#paper.line(`\n${MARGIN}${cyan(bold(String(this.#chapter)))}  ${bold(text)}\n`)
  }

  /** Sentences, wrapped. */
  say(text: string): void {
    for (const line of wrap(text, this.#width - 3)) this.#paper.line(`${MARGIN}   ${line}`)
  }

  /** A command as a person would type it. */
  command(text: string): void {
    const { dim, bold } = this.colors
    this.#paper.line(`\n${MARGIN}   ${dim('$')} ${bold(text)}`)
  }

  /** A line that a program said. */
  echo(text: string, who = ''): void {
    const { dim } = this.colors
    const label = who ? dim(`${who} │ `) : ''
    const line = `${MARGIN}   ${label}${text}`
    this.#paper.line(this.#paper.isTerminal ? cutTo(line, this.#paper.columns - 1) : line)
  }

  /** A question to whoever watches, to be put on a terminal as it is. */
  prompt(text: string): string {
    const { yellow, bold } = this.colors
    return `${MARGIN}   ${yellow('▌')} ${bold(text)}`
  }

  /** What it all shows. */
  moral(text: string): void {
    const { green } = this.colors
    this.#paper.line()
    const [first = '', ...rest] = wrap(text, this.#width - 5)
    this.#paper.line(`${MARGIN}   ${green('▌')} ${first}`)
    for (const line of rest) this.#paper.line(`${MARGIN}   ${green('▌')} ${line}`)
  }

  /** An empty line. */
  gap(): void {
    this.#paper.line()
  }

  get #width(): number {
    return Math.min(WIDEST, this.#paper.columns) - 4
  }
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
