import type { FoldedEntry, OutputStream } from '@pawl/sdk'
import { type LinePart, paintLine, PLAIN, type Style } from './ansi.ts'
import type { Mark } from './marks.ts'

/** What one row of a conversation shows: a line of output, an entry, or a mark of the run's log. */
export type Row = { readonly at: string; /** What a link to it names. */ readonly place: string } & (
  | {
      readonly kind: 'line'
      /** Its number among the lines of output, from 1. */
      readonly number: number
      readonly text: string
      readonly parts: readonly LinePart[]
      readonly stream: OutputStream
    }
  /** Its place among the folded entries: updates are shown without a new row. */
  | { readonly kind: 'entry'; readonly index: number }
  | { readonly kind: 'mark'; readonly mark: Mark }
)

/** A line of output that the next output may go on. */
interface OpenLine {
  readonly raw: string
  readonly style: Style
  readonly stream: OutputStream
}

/** The rows of a conversation so far. */
export interface Rows {
  readonly rows: readonly Row[]
  /** How many entries were added. */
  readonly entries: number
  readonly marks: readonly Mark[]
  /** How many marks are placed: those behind stand after the last entry, and are placed anew with the next one. */
  readonly placed: number
  /** The rows without the marks after the last entry. */
  readonly settled: readonly Row[]
  /** The last of them, where it is a line that is not complete. */
  readonly open: OpenLine | null
  /** How each stream's next line begins. */
  readonly styles: Readonly<Record<OutputStream, Style>>
  readonly lines: number
}

export const NO_ROWS: Rows = {
  rows: [],
  entries: 0,
  marks: [],
  placed: 0,
  settled: [],
  open: null,
  styles: { STDOUT: PLAIN, STDERR: PLAIN },
  lines: 0,
}

/**
 * Adds the rows of new entries; `entries` are all of them. Marks stand before the first entry that is later; where there are others than
 * before, all rows are made anew.
 */
export function addRows(known: Rows, entries: readonly FoldedEntry[], marks: readonly Mark[]): Rows {
  const isSame = marks === known.marks && entries.length >= known.entries
  if (isSame && entries.length === known.entries) return known
  const base = isSame ? known : NO_ROWS
  const added = new Adding(base)
  let { placed } = base
  for (let index = base.entries; index < entries.length; index += 1) {
    const entry = entries[index]
    if (!entry) continue
    for (let mark = marks[placed]; mark && isBefore(mark.at, entry.at); mark = marks[placed]) {
      added.addMark(mark)
      placed += 1
    }
    added.addEntry(entry, index)
  }
  const { state } = added
  const behind = marks.slice(placed).map(toRow)
  const isLastEmpty = behind.length > 0 && state.open?.raw === ''
  const rows = [...(isLastEmpty ? state.settled.slice(0, -1) : state.settled), ...behind]
  return { ...state, rows, entries: entries.length, marks, placed }
}

function toRow(mark: Mark): Row {
  return { kind: 'mark', mark, at: mark.at, place: `e${mark.seq}` }
}

function isBefore(a: string, b: string): boolean {
  return Date.parse(a) <= Date.parse(b)
}

class Adding {
  readonly #rows: Row[]
  #open: OpenLine | null
  #styles: Record<OutputStream, Style>
  #lines: number

  constructor({ settled, open, styles, lines }: Rows) {
    this.#rows = [...settled]
    this.#open = open
    this.#styles = { ...styles }
    this.#lines = lines
  }

  get state(): Pick<Rows, 'settled' | 'open' | 'styles' | 'lines'> {
    return { settled: this.#rows, open: this.#open, styles: this.#styles, lines: this.#lines }
  }

  addMark(mark: Mark): void {
    this.#close()
    this.#rows.push(toRow(mark))
  }

  addEntry(entry: FoldedEntry, index: number): void {
    const { at, seq } = entry
    if (entry.kind !== 'OUTPUT') {
      this.#close()
      this.#rows.push({ kind: 'entry', index, at, place: String(seq) })
      return
    }
    if (this.#open && this.#open.stream !== entry.stream) this.#close()
    const pieces = entry.text.split('\n')
    pieces.forEach((piece, part) => {
      const place = part === 0 ? String(seq) : `${seq}.${part}`
      this.#addPiece(piece, { at, place, stream: entry.stream })
      if (part < pieces.length - 1) this.#open = null
    })
  }

  /** Adds a piece of output without line breaks to the open line, or begins one. */
  #addPiece(piece: string, begun: { at: string; place: string; stream: OutputStream }): void {
    const open = this.#open
    const last = open ? this.#rows.pop() : undefined
    if (!open) this.#lines += 1
    const { stream } = begun
    const line: OpenLine = open
      ? { ...open, raw: open.raw + piece }
      : { raw: piece, style: this.#styles[stream], stream }
    const { parts, end } = paintLine(line.raw, line.style)
    this.#styles[stream] = end
    this.#open = line
    const text = parts.map(({ text }) => text).join('')
    // A line that was only begun by the last line break belongs to what comes now.
    const { at, place } = open && open.raw !== '' && last ? last : begun
    this.#rows.push({ kind: 'line', number: this.#lines, text, parts, stream, at, place })
  }

  /** Ends the open line; after the last line break there is none. */
  #close(): void {
    const isEmpty = this.#open?.raw === ''
    this.#open = null
    if (!isEmpty) return
    this.#rows.pop()
    this.#lines -= 1
  }
}
