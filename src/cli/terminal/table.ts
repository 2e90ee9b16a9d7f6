import type { Printer } from './printer.ts'
import { cutToWidth, padToWidth, widthOf } from './width.ts'

/** Prints a table with dimmed titles. On a terminal, lines are cut to its width. */
export function printTable(
  printer: Printer,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const widths = titles.map((title, column) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  const lineOf = (cells: readonly string[]) =>
    widths
      .map((width, column) => padToWidth(cells[column] ?? '', width))
      .join('  ')
      .trimEnd()
  const fit = (line: string) => (printer.isTerminal ? cutToWidth(line, printer.columns) : line)
  printer.line(printer.colors.dim(fit(lineOf(titles))))
  for (const row of rows) printer.line(fit(lineOf(row)))
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
