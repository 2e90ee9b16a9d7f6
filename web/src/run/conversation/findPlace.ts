import { entryText, type FoldedEntry } from '@pawl/sdk'
import { markText } from './marks.ts'
import type { Row } from './rows.ts'

/** The index of the row that a link names: by its place, or the first one that is not before a time; -1 if it has not come yet. */
export function findPlace(rows: readonly Row[], place: string): number {
  const exact = rows.findIndex((row) => row.place === place)
  if (exact >= 0 || !place.includes('T')) return exact
  const wanted = Date.parse(place)
  return rows.findIndex(({ at }) => Date.parse(at) >= wanted)
}

/** The indexes of the rows that contain a text, in any case. */
export function findRows(
  rows: readonly Row[],
  entries: readonly FoldedEntry[],
  wanted: string,
): readonly number[] {
  const sought = wanted.toLowerCase()
  if (!sought) return []
  return rows.flatMap((row, index) => (rowText(row, entries).toLowerCase().includes(sought) ? [index] : []))
}

/** The conversation as plain text, without colours. */
export function conversationText(rows: readonly Row[], entries: readonly FoldedEntry[]): string {
  return rows.map((row) => (row.kind === 'line' ? row.text : block(row, entries))).join('\n')
}

function block(row: Row, entries: readonly FoldedEntry[]): string {
  const kind = row.kind === 'entry' ? entries[row.index]?.kind : 'LOG'
  return `\n[${row.at}] ${kind}\n${rowText(row, entries)}\n`
}

function rowText(row: Row, entries: readonly FoldedEntry[]): string {
  if (row.kind === 'line') return row.text
  if (row.kind === 'mark') return markText(row.mark)
  const entry = entries[row.index]
  return entry ? entryText(entry) : ''
}
