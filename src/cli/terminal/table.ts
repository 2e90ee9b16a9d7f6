import type { Printer } from './printer.ts'
import { cutToWidth, padToWidth, widthOf } from './width.ts'

/** How wide the last column is left at least, if its texts are as long, before others give way to it. */
const MIN_TEXT = 28

/** How a table is fitted to a terminal. */
export interface TableOptions {
  /** Columns that are left out on a narrow terminal, the first one first. */
  readonly givesWay?: readonly string[]
}

/**
 * Prints a table with dimmed titles. On a terminal that is too narrow, columns that may give way are left out until the last one has room, and
 * lines are cut to its width.
 */
export function printTable(
  printer: Printer,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { givesWay = [] }: TableOptions = {},
): void {
  const widths = titles.map((title, column) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  const shown = columnsThatFit(
    titles,
    widths,
    printer.isTerminal ? { room: printer.columns, givesWay } : null,
  )
  const lineOf = (cells: readonly string[]) =>
    shown
      .map((column) => padToWidth(cells[column] ?? '', widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const fit = (line: string) => (printer.isTerminal ? cutToWidth(line, printer.columns) : line)
  printer.line(printer.colors.dim(fit(lineOf(titles))))
  for (const row of rows) printer.line(fit(lineOf(row)))
}

/** The indices of the columns to print; all of them where there is no terminal to fit. */
function columnsThatFit(
  titles: readonly string[],
  widths: readonly number[],
  terminal: { readonly room: number; readonly givesWay: readonly string[] } | null,
): readonly number[] {
  let shown = titles.map((_, column) => column)
  if (terminal === null) return shown
  const last = titles.length - 1
  const wanted = Math.min(widths[last] ?? 0, MIN_TEXT)
  const taken = () =>
    shown.reduce((sum, column) => sum + (column === last ? wanted : (widths[column] ?? 0) + 2), 0)
  for (const title of terminal.givesWay) {
    if (taken() <= terminal.room) break
    shown = shown.filter((column) => titles[column] !== title)
  }
  return shown
}

/** Prints names and values, one pair a line; pairs with an empty value are left out. */
export function printPairs(
  printer: Printer,
  pairs: readonly (readonly [string, string | null | undefined])[],
): void {
  const shown = pairs.filter((pair): pair is readonly [string, string] => Boolean(pair[1]))
  const width = Math.max(0, ...shown.map(([name]) => widthOf(name)))
  for (const [name, value] of shown) printer.line(`${printer.colors.dim(padToWidth(name, width))}  ${value}`)
}
