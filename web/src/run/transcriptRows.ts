import type { FoldedEntry, OutputStream } from '@pawl/sdk'

/** What one row of a transcript shows: a line of output, or an entry. */
export type TranscriptRow =
  | { readonly line: string; readonly stream: OutputStream }
  /** The place of the entry among the folded ones: its updates are shown without a new row. */
  | { readonly place: number }

/** The rows of a transcript. */
export interface TranscriptRows {
  /** How many entries were added. */
  readonly entries: number
  /** The last row may be a line that is not complete, which the next output goes on. */
  readonly rows: readonly TranscriptRow[]
}

export const NO_ROWS: TranscriptRows = { entries: 0, rows: [] }

/** Terminal control sequences, and control characters except tabs. */
const STEERING = new RegExp(
  [
    String.raw`\u001B\[[0-?]*[ -/]*[@-~]`,
    String.raw`\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)?`,
    String.raw`\u001B[@-Z\\^_]`,
    String.raw`[\u0000-\u0008\u000B-\u001F\u007F]`,
  ].join('|'),
  'g',
)

/** Adds the rows of new entries; `entries` are all of them. */
export function addRows(known: TranscriptRows, entries: readonly FoldedEntry[]): TranscriptRows {
  const base = entries.length < known.entries ? NO_ROWS : known
  if (entries.length === base.entries) return base
  const rows = [...base.rows]
  for (let place = base.entries; place < entries.length;) {
    const entry = entries[place]
    if (entry?.kind !== 'OUTPUT') {
      dropEmptyLine(rows)
      rows.push({ place })
      place += 1
      continue
    }
    // Output is joined before it is cut into lines: a line break may be cut in two as well.
    const { stream } = entry
    let text = ''
    for (; place < entries.length; place += 1) {
      const next = entries[place]
      if (next?.kind !== 'OUTPUT' || next.stream !== stream) break
      text += next.text
    }
    addLines(rows, text, stream)
  }
  return { entries: entries.length, rows }
}

function addLines(rows: TranscriptRow[], text: string, stream: OutputStream): void {
  const last = rows.at(-1)
  const goesOn = last !== undefined && 'line' in last && last.stream === stream
  if (goesOn) rows.pop()
  else dropEmptyLine(rows)
  const [first = '', ...rest] = text.replace(/\r\n/g, '\n').split('\n')
  const lines = [(goesOn ? last.line : '') + first, ...rest]
  for (const line of lines) rows.push({ line: tidy(line), stream })
}

/** The line after the last line break is none where something else follows. */
function dropEmptyLine(rows: TranscriptRow[]): void {
  const last = rows.at(-1)
  if (last && 'line' in last && last.line === '') rows.pop()
}

/** A line as a terminal would show it in the end: without colours, and without text that a carriage return has overwritten. */
function tidy(line: string): string {
  const shown = line.slice(line.replace(/\r+$/, '').lastIndexOf('\r') + 1)
  return shown.replace(STEERING, '')
}
