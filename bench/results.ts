import type { Machine } from './machine.ts'
import type { Spread } from './statistics.ts'

/** One way of doing something, over all rounds. */
export interface Side {
  readonly name: string
  /** Null where single times were measured, one after the other. */
  readonly perSecond: Spread | null
  /** Milliseconds. */
  readonly p50: Spread
  /** Milliseconds. */
  readonly p99: Spread
  /** Milliseconds of processor time that one operation costs; null where the system doesn't tell. */
  readonly processor: Readonly<Record<'server' | 'postgres' | 'client', number>> | null
  /** Kibibytes that one operation adds to PostgreSQL's write-ahead log. */
  readonly walKibibytes: number | null
}

/** Two ways of doing the same, measured in turns. */
export interface Comparison {
  readonly kind: 'comparison'
  readonly what: string
  readonly clients: number
  readonly rounds: number
  readonly subject: Side
  readonly baseline: Side
  /** What `ratio` compares: operations per second, or the median time of one. */
  readonly of: 'perSecond' | 'p50'
  /** Subject divided by baseline, round by round. */
  readonly ratio: Spread
}

/** A number by itself. */
export interface Figure {
  readonly kind: 'figure'
  readonly what: string
  readonly unit: 'ms' | 'MiB' | 's'
  readonly value: Spread
}

export type Result = Comparison | Figure

/** Everything that one run of the benchmark found. */
export interface Report {
  readonly machine: Machine
  readonly options: Readonly<Record<string, unknown>>
  readonly results: Readonly<Record<string, readonly Result[]>>
}

const COLUMNS = [
  'what',
  'clients',
  'side',
  'per s',
  'p50 ms',
  'p99 ms',
  'CPU ms server+pg+client',
  'WAL kB',
  'ratio min … median … max',
]

/** All results as one table. */
export function printTable({ results }: Report): string {
  const rows = Object.values(results).flat().flatMap(toRows)
  const widths = COLUMNS.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(COLUMNS), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

function toRows(result: Result): string[][] {
  if (result.kind === 'figure') {
    const { what, unit, value } = result
    return [[what, '', '', '', '', '', '', '', `${printSpread(value)} ${unit}`]]
  }
  const { what, clients, subject, baseline, ratio, of } = result
  const against = `${printSpread(ratio)} of ${baseline.name}${of === 'p50' ? ' (p50)' : ''}`
  return [
    [what, String(clients), ...printSide(subject), against],
    ['', '', ...printSide(baseline), ''],
  ]
}

function printSide({ name, perSecond, p50, p99, processor, walKibibytes }: Side): string[] {
  const cpu =
    processor && [processor.server, processor.postgres, processor.client].map(printNumber).join(' + ')
  const wal = walKibibytes === null ? '' : printNumber(walKibibytes)
  const rate = perSecond ? printNumber(perSecond.median) : ''
  return [name, rate, printNumber(p50.median), printNumber(p99.median), cpu ?? '', wal]
}

function printSpread({ min, median, max }: Spread): string {
  return [min, median, max].map(printNumber).join(' … ')
}

function printNumber(value: number): string {
  if (value >= 10) return String(Math.round(value))
  return value.toPrecision(value < 0.1 ? 1 : 2)
}
