import type { Paper } from './paper.ts'
import { cutTo, padTo, widthOf } from './width.ts'

/** Rows in columns, the titles dimmed. On a terminal lines are cut to its width; elsewhere nothing is. */
export function printTable(
  paper: Paper,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const widths = titles.map((title, column) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  const lineOf = (cells: readonly string[]) =>
    widths
      .map((width, column) => padTo(cells[column] ?? '', width))
      .join('  ')
      .trimEnd()
  const fit = (line: string) => (paper.isTerminal ? cutTo(line, paper.columns) : line)
  paper.line(paper.colors.dim(fit(lineOf(titles))))
  for (const row of rows) paper.line(fit(lineOf(row)))
}

/** Names and values below each other; pairs whose value is empty are left out. */
export function printPairs(
  paper: Paper,
  pairs: readonly (readonly [string, string | null | undefined])[],
): void {
  const shown = pairs.filter((pair): pair is readonly [string, string] => Boolean(pair[1]))
  const width = Math.max(0, ...shown.map(([name]) => widthOf(name)))
  for (const [name, value] of shown) paper.line(`${paper.colors.dim(padTo(name, width))}  ${value}`)
}
