import type { TranscriptChunk } from '@pawl/sdk'

/** A transcript in lines, as far as it was read. */
export interface TranscriptLines {
  /** How many chunks are in it. */
  readonly chunks: number
  /** Whole lines, and the beginning of the one that is being written. */
  readonly lines: readonly string[]
}

export const NO_LINES: TranscriptLines = { chunks: 0, lines: [''] }

/** What steers a terminal, as colours do: an escape character with what belongs to it, and other control characters but tabs. */
const STEERING = new RegExp(
  [
    String.raw`\u001B\[[0-?]*[ -/]*[@-~]`,
    String.raw`\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)?`,
    String.raw`\u001B[@-Z\\^_]`,
    String.raw`[\u0000-\u0008\u000B-\u001F\u007F]`,
  ].join('|'),
  'g',
)

/** The lines with what has come since: only new chunks are looked at. */
export function addChunks(known: TranscriptLines, chunks: readonly TranscriptChunk[]): TranscriptLines {
  const base = chunks.length < known.chunks ? NO_LINES : known
  if (chunks.length === base.chunks) return base
  const news = chunks
    .slice(base.chunks)
    .map(({ text }) => text)
    .join('')
    .replace(/\r\n/g, '\n')
  const [first = '', ...rest] = news.split('\n')
  const last = base.lines.at(-1) ?? ''
  const added = [last + first, ...rest].map(tidy)
  return { chunks: chunks.length, lines: [...base.lines.slice(0, -1), ...added] }
}

/** A line as a terminal would leave it: without colours, and what a carriage return wrote over is gone. */
function tidy(line: string): string {
  const shown = line.slice(line.replace(/\r+$/, '').lastIndexOf('\r') + 1)
  return shown.replace(STEERING, '')
}
