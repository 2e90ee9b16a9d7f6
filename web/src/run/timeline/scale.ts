import type { Bar, Lane } from './bars.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14, 30].map((count) => count * DAY),
]
/** How many marks an axis has at most, beside the one at its start. */
const MAX_TICKS = 6

/** The marks of an axis that begins at 0, in milliseconds: at whole seconds, minutes, hours or days. */
export function findTicks(length: number): readonly number[] {
  const step = STEPS.find((step) => length / step <= MAX_TICKS) ?? Math.ceil(length / MAX_TICKS / DAY) * DAY
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step)
}

/** A bar, or several of an agent's that are too close to each other to be told apart, with the place where it is drawn. */
export interface PlacedBar {
  readonly bar: Bar
  /** How many bars it stands for. */
  readonly count: number
  /** When the last of them ended; null: it lasts. */
  readonly to: number | null
  /** What is drawn, from the start of the axis, in milliseconds. */
  readonly drawnFrom: number
  readonly drawnTo: number
}

/** The axis of a timeline, in milliseconds. */
export interface Axis {
  /** Since 1970. */
  readonly start: number
  readonly length: number
  /** The shortest time that is drawn: a bar has to be large enough to be hit. */
  readonly least: number
}

/** The bars of a lane that are not in the background, in as few rows as there are bars at the same place. */
export function placeBars({ group, bars }: Lane, axis: Axis): readonly (readonly PlacedBar[])[] {
  const rows: PlacedBar[][] = []
  for (const bar of bars.filter(({ isBackground }) => !isBackground)) {
    const placed = placeBar(bar, axis)
    const row = rows.find((row) => (row.at(-1)?.drawnTo ?? 0) <= placed.drawnFrom)
    const last = rows[0]?.at(-1)
    if (row) row.push(placed)
    else if (group === 'Agents' && last) {
      rows[0]?.pop()
      rows[0]?.push({ ...placed, bar: last.bar, count: last.count + 1, drawnFrom: last.drawnFrom })
    } else rows.push([placed])
  }
  return rows
}

function placeBar(bar: Bar, { start, length, least }: Axis): PlacedBar {
  const drawnFrom = Math.max(0, Math.min(bar.from - start, length - least))
  const drawnTo = Math.max(drawnFrom + least, (bar.to ?? start + length) - start)
  return { bar, count: 1, to: bar.to, drawnFrom, drawnTo }
}

/** For how long a lane lasted in all; what is in the background does not count where there is something before it. */
export function sumOf({ bars }: Lane, now: number): number {
  const front = bars.filter(({ isBackground }) => !isBackground)
  return (front.length > 0 ? front : bars).reduce((sum, { from, to }) => sum + ((to ?? now) - from), 0)
}
