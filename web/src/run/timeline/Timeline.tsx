import type { RunEvent, StoredRun } from '@pawl/sdk'
import { useMemo } from 'react'
import { withParameters } from '../../elements/address.ts'
import type { PageAddress } from '../../elements/address.ts'
import { useClock } from '../../elements/clock.ts'
import { Link } from '../../elements/Link.tsx'
import { formatLength, formatTime } from '../../elements/time.ts'
import { useWidth } from '../../elements/useWidth.ts'
import { type Bar, type Lane, toLanes } from './bars.ts'
import { type Axis, findTicks, placeBars, type PlacedBar, sumOf } from './scale.ts'

/** How wide a bar is at least, so that it can be hit, in pixels. */
const LEAST = 24
/** The room that the time at a tick needs, in pixels: one that has less before the end of the axis is left out. */
const TICK_ROOM = 56

interface TimelineProps {
  readonly run: StoredRun
  readonly events: readonly RunEvent[]
  readonly place: PageAddress
}

/** What lasted in the run, and for how long, on one axis of time; live while the run is not settled. */
export function Timeline({ run, events, place }: TimelineProps) {
  const lanes = useMemo(() => toLanes(events), [events])
  const last = events.at(-1)
  const isOver = run.isSettled === true
  const now = useClock((now) => {
    const told = last ? Date.parse(last.at) : now
    return isOver ? told : Math.max(told, Math.floor(now / 1_000) * 1_000)
  })
  const [width, measure] = useWidth()
  const start = Date.parse(events[0]?.at ?? new Date(now).toISOString())
  const length = Math.max(1_000, now - start)
  const ticks = findTicks(length).filter((tick) => (1 - tick / length) * width >= TICK_ROOM)
  const axis: Axis = { start, length, least: width > 0 ? (LEAST / width) * length : 0 }
  return (
    <section className="pane" aria-label="Timeline">
      <p className="soft">
        From {formatTime(new Date(start).toISOString())},{' '}
        {isOver ? `over after ${formatLength(length)}` : `for ${formatLength(length)} so far`}. A bar leads to
        what was said then.
      </p>
      <div className="lanes">
        <div className="lane-axis" aria-hidden="true" ref={measure}>
          {ticks.map((tick) => (
            <span key={tick} style={{ left: `${(tick / length) * 100}%` }}>
              {tick === 0 ? '0' : formatLength(tick)}
            </span>
          ))}
        </div>
        {lanes.map((lane, index) => (
          <LaneView
            key={lane.key}
            lane={lane}
            axis={axis}
            place={place}
            isFirst={lanes[index - 1]?.group !== lane.group}
          />
        ))}
      </div>
    </section>
  )
}

interface LaneViewProps {
  readonly lane: Lane
  readonly axis: Axis
  readonly place: PageAddress
  /** Whether it is the first of its group, whose name stands above it. */
  readonly isFirst: boolean
}

function LaneView({ lane, axis, place, isFirst }: LaneViewProps) {
  const { group, label, bars } = lane
  const now = axis.start + axis.length
  return (
    <>
      {isFirst && <h3 className="lane-group">{group}</h3>}
      <div className="lane" data-lane={`${group} ${label}`}>
        <span className="lane-label" title={label}>
          {label}
        </span>
        <div className="lane-rows">
          {bars
            .filter(({ isBackground }) => isBackground)
            .map((bar) => (
              <Background key={bar.key} bar={bar} axis={axis} />
            ))}
          {placeBars(lane, axis).map((row, index) => (
            <ol key={index} className="lane-row" aria-label={label}>
              {row.map((placed) => (
                <li key={placed.bar.key}>
                  <BarLink placed={placed} axis={axis} place={place} />
                </li>
              ))}
            </ol>
          ))}
        </div>
        <span className="lane-sum">{formatLength(sumOf(lane, now))}</span>
      </div>
    </>
  )
}

/** A session behind the work in it. */
function Background({ bar: { label, from, to, end }, axis }: { readonly bar: Bar; readonly axis: Axis }) {
  const { start, length } = axis
  const last = to ?? start + length
  const means = `${label}: ${formatLength(last - from)}${end ? `, ${end}` : ', lasts'}`
  return (
    <span className="bar-background" style={toStyle(from - start, last - start, length)} title={means}>
      <span className="hidden">{means}</span>
    </span>
  )
}

interface BarLinkProps {
  readonly placed: PlacedBar
  readonly axis: Axis
  readonly place: PageAddress
}

function BarLink({ placed, axis, place }: BarLinkProps) {
  const { bar, count, to, drawnFrom, drawnTo } = placed
  const { label, tone, from, end, sessionId, seq } = bar
  const lasted = formatLength((to ?? axis.start + axis.length) - from)
  const at = new Date(from).toISOString()
  const what = count > 1 ? `${label}, ${count} times` : label
  const means = `${what}: ${lasted}${to === null ? ', lasts' : end && count === 1 ? `, ${end}` : ''}`
  const target = sessionId
    ? { session: sessionId, at, tab: undefined }
    : { tab: 'events', at: String(seq), session: undefined }
  return (
    <Link
      className={`bar tone-${tone}${to === null ? ' bar-open' : ''}`}
      to={withParameters(place, target)}
      style={toStyle(drawnFrom, drawnTo, axis.length)}
      title={`${means}. From ${formatTime(at)}`}
      data-bar={label}
    >
      <span className="hidden">{means}</span>
      <span className="bar-words" aria-hidden="true">
        {what} {lasted}
      </span>
    </Link>
  )
}

function toStyle(from: number, to: number, length: number) {
  return { left: `${(from / length) * 100}%`, width: `${((to - from) / length) * 100}%` }
}
