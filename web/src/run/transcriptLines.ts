import type { TranscriptChunk } from '@pawl/sdk'

/** The lines of a transcript. */
export interface TranscriptLines {
  /** How many chunks were added. */
  readonly chunks: number
  /** Complete lines, and the last, incomplete one. */
  readonly lines: readonly string[]
}

export const NO_LINES: TranscriptLines = { chunks: 0, lines: [''] }

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

/** Adds new chunks to the lines. */
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

/** A line as a terminal would show it in the end: without colours, and without text that a carriage return has overwritten. */
function tidy(line: string): string {
  const shown = line.slice(line.replace(/\r+$/, '').lastIndexOf('\r') + 1)
  return shown.replace(STEERING, '')
}
