import type { Printer } from './printer.ts'
import { safeText } from './width.ts'

/** Fields of a log line that are shown by their position. */
const PLACED = new Set(['level', 'time', 'msg', 'err'])

/** Where log lines are written as people read them: the time, what happened, and its fields. */
export function prettyLog(printer: Printer): { write(line: string): void } {
  return { write: (line) => printer.line(prettyLine(printer, line)) }
}

function prettyLine({ colors }: Printer, line: string): string {
  const { dim, yellow, red } = colors
  const entry = parse(line)
  if (!entry) return safeText(line)
  const { level, time, msg, err } = entry
  const fields = Object.entries(entry)
    .filter(([name]) => !PLACED.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const isBad = level === 'error' || level === 'fatal'
  const paint = isBad ? red : level === 'warn' ? yellow : (text: string) => text
  const message = (err as { readonly message?: unknown } | undefined)?.message
  return [
    dim(new Date(String(time)).toLocaleTimeString('en-GB')),
    paint(safeText(isBad || level === 'warn' ? `${level}: ${String(msg)}` : String(msg))),
    ...(typeof message === 'string' ? [paint(safeText(message))] : []),
    ...(fields.length > 0 ? [dim(safeText(fields.join(' ')))] : []),
  ].join('  ')
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    return typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
