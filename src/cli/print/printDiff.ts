import type { FileChange, WorkspaceDiff } from '@pawl/sdk'
import type { Colors, Printer } from '../terminal/printer.ts'
import { printTable } from '../terminal/table.ts'
import { plain } from '../terminal/width.ts'

const MARK: Readonly<Record<FileChange, string>> = { ADDED: 'A', MODIFIED: 'M', DELETED: 'D', RENAMED: 'R' }

/** The files that differ, one a line, and the sum of it. */
export function printStat(printer: Printer, diff: WorkspaceDiff): void {
  const rows = diff.files.map(({ path, previousPath, change, insertions, deletions }) => [
    MARK[change] ?? change,
    previousPath === null ? plain(path) : `${plain(previousPath)} → ${plain(path)}`,
    insertions === null ? 'binary' : `+${insertions} -${deletions}`,
  ])
  if (rows.length > 0) printTable(printer, ['', 'FILE', 'LINES'], rows)
  printer.line(summaryOf(diff))
}

/** How much it is, in one line. */
export function summaryOf({ filesChanged, insertions, deletions, commitsAhead }: WorkspaceDiff): string {
  const files = `${filesChanged} ${filesChanged === 1 ? 'file' : 'files'}`
  const commits = `${commitsAhead} ${commitsAhead === 1 ? 'commit' : 'commits'} ahead`
  return `${files}, +${insertions} -${deletions}, ${commits}`
}

/**
 * The patch: as it is where a program reads it, so that it can be applied; on a terminal in colours, with what would control the
 * terminal written out.
 */
export function printPatch(printer: Printer, patch: string): void {
  if (patch === '') return
  const lines = (patch.endsWith('\n') ? patch.slice(0, -1) : patch).split('\n')
  for (const line of lines) printer.line(printer.isTerminal ? paint(printer.colors, line) : line)
}

function paint(colors: Colors, line: string): string {
  const shown = line.split('\t').map(plain).join('\t')
  if (/^(\+\+\+|---|diff |index )/.test(line)) return colors.bold(shown)
  if (line.startsWith('@@')) return colors.cyan(shown)
  if (line.startsWith('+')) return colors.green(shown)
  return line.startsWith('-') ? colors.red(shown) : shown
}
