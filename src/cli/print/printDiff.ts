import type { FileChange, WorkspaceDiff } from '@pawl/sdk'
import type { Colors, Printer } from '../terminal/printer.ts'
import { printTable } from '../terminal/table.ts'
import { safeText } from '../terminal/width.ts'

const MARK: Readonly<Record<FileChange, string>> = { ADDED: 'A', MODIFIED: 'M', DELETED: 'D', RENAMED: 'R' }

/** The changed files, one a line, and a summary. */
export function printStat(printer: Printer, diff: WorkspaceDiff): void {
  const rows = diff.files.map(({ path, previousPath, change, insertions, deletions }) => [
    MARK[change] ?? change,
    previousPath === null ? safeText(path) : `${safeText(previousPath)} → ${safeText(path)}`,
    insertions === null ? 'binary' : `+${insertions} -${deletions}`,
  ])
  if (rows.length > 0) printTable(printer, ['', 'FILE', 'LINES'], rows)
  printer.line(summaryOf(diff))
}

/** A summary in one line. */
export function summaryOf({ filesChanged, insertions, deletions, commitsAhead }: WorkspaceDiff): string {
  const files = `${filesChanged} ${filesChanged === 1 ? 'file' : 'files'}`
  const commits = `${commitsAhead} ${commitsAhead === 1 ? 'commit' : 'commits'} ahead`
  return `${files}, +${insertions} -${deletions}, ${commits}`
}

/**
 * The patch: unchanged for a pipe, so that it can be applied; on a terminal in colours, with control characters escaped.
 */
export function printPatch(printer: Printer, patch: string): void {
  if (patch === '') return
  const lines = (patch.endsWith('\n') ? patch.slice(0, -1) : patch).split('\n')
  for (const line of lines) printer.line(printer.isTerminal ? paint(printer.colors, line) : line)
}

function paint(colors: Colors, line: string): string {
  const shown = line.split('\t').map(safeText).join('\t')
  if (/^(\+\+\+|---|diff |index )/.test(line)) return colors.bold(shown)
  if (line.startsWith('@@')) return colors.cyan(shown)
  if (line.startsWith('+')) return colors.green(shown)
  return line.startsWith('-') ? colors.red(shown) : shown
}
