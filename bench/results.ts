import type { Machine } from './machine.ts'
import type { Spread } from './statistics.ts'

/** One contender, over all rounds. */
export interface Side {
  readonly name: string
  /** Null if single operations were timed. */
  readonly perSecond: Spread | null
  /** Milliseconds. */
  readonly p50: Spread
  /** Milliseconds. */
  readonly p99: Spread
  /** Processor time per operation, in milliseconds; null if unknown. */
  readonly processor: Readonly<Record<'server' | 'postgres' | 'client', number>> | null
  /** Growth of the write-ahead log per operation, in KiB. */
  readonly walKibibytes: number | null
}

/** Two contenders, measured alternately. */
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

/** A single number. */
export interface Figure {
  readonly kind: 'figure'
  readonly what: string
  readonly unit: 'ms' | 'KiB' | 'MiB' | 's' | 'per s' | 'times'
  readonly value: Spread
}

/** The cost of reading one page. */
export interface PageCost {
  /** Runs in the database. */
  readonly runs: number
  readonly page: number
  /** Entries on the page. */
  readonly entries: number
  /** Milliseconds. */
  readonly time: Spread
  /** Database pages that were read. */
  readonly buffers: number
}

/** The cost of pages of one list: later pages, and a longer history; measured alternately. */
export interface Pages {
  readonly kind: 'pages'
  readonly what: string
  readonly costs: readonly PageCost[]
  /** The last measured page relative to the first one of the same database, by round; null if there is only one. */
  readonly deeper: Ratio | null
  /** The first page of the larger database relative to that of the smaller one, by round. */
  readonly larger: Ratio
}

/** A ratio of costs. */
export interface Ratio {
  readonly time: Spread
  readonly buffers: number
}

/** The plan of a question: whether it is answered without scanning the history. */
export interface Plan {
  readonly kind: 'plan'
  readonly what: string
  readonly entries: number
  readonly buffers: number
  /** Limit of `buffers`. */
  readonly maxBuffers: number
  /** Large tables that were scanned sequentially. */
  readonly scanned: readonly string[]
}

export type Result = Comparison | Figure | Pages | Plan

/** The results of one run of the benchmark. */
export interface Report {
  readonly machine: Machine
  readonly options: Readonly<Record<string, unknown>>
  readonly results: Readonly<Record<string, readonly Result[]>>
}

const COMPARED = [
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

const PAGED = [
  'what',
  'pages: ms (buffers)',
  'furthest to first: time, buffers',
  'larger to smaller: time, buffers',
]

/** All results as tables. */
export function printTables({ results }: Report): string {
  const all = Object.values(results).flat()
  const compared = all.flatMap((result) =>
    result.kind === 'plan' || result.kind === 'pages' ? [] : toRows(result),
  )
  const paged = all.flatMap((result) => (result.kind === 'pages' ? [toPagedRow(result)] : []))
  const plans = all.flatMap((result) => (result.kind === 'plan' ? [toPlanRow(result)] : []))
  return [
    printTable(COMPARED, compared),
    printTable(PAGED, paged),
    printTable(['what', 'entries', 'buffers', 'at most', 'scanned'], plans),
  ]
    .filter((table) => table !== '')
    .join('\n\n')
}

function printTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const widths = columns.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(columns), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

function toPagedRow({ what, costs, deeper, larger }: Pages): string[] {
  const pages = costs.map(
    ({ runs, page, time, buffers }) =>
      `${runs.toLocaleString('en')} #${page}: ${printNumber(time.median)} (${buffers})`,
  )
  return [what, pages.join('  '), deeper ? printRatio(deeper) : '', printRatio(larger)]
}

function printRatio({ time, buffers }: Ratio): string {
  return `${printSpread(time)}, ${buffers.toFixed(2)}`
}

function toPlanRow({ what, entries, buffers, maxBuffers, scanned }: Plan): string[] {
  return [what, String(entries), String(buffers), String(maxBuffers), scanned.join(', ')]
}

function toRows(result: Comparison | Figure): string[][] {
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
