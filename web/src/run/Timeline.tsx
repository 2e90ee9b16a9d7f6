import type { RunEvent } from '@pawl/sdk'
import { useRunEvents } from '@pawl/sdk/react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import { JsonTree } from '../elements/JsonTree.tsx'
import { describeError } from '../elements/Problem.tsx'
import { Shape } from '../elements/Shape.tsx'
import { formatClock, formatTime } from '../elements/time.ts'
import type { Tone } from '../elements/words.ts'

/** A line of the timeline: an event, or the start of an epoch. */
type Line =
  | { readonly kind: 'event'; readonly event: RunEvent }
  | { readonly kind: 'epoch'; readonly epoch: number }

/** The run's events, newest first, live. */
export function Timeline({ runId }: { readonly runId: string }) {
  const { items, isLive, isOver, error } = useRunEvents(runId)
  const [wanted, setWanted] = useState('')
  const lines = useMemo(() => toLines(items, wanted), [items, wanted])
  const scroll = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 38,
    getItemKey: (index) => keyOf(lines[index]),
    overscan: 10,
  })
  return (
    <section aria-label="Timeline" className="pane">
      <div className="pane-head">
        <label className="filter filter-wide">
          <span className="hidden">Search the timeline</span>
          <input
            type="search"
            placeholder="Search the timeline"
            value={wanted}
            onChange={({ target }) => setWanted(target.value)}
          />
        </label>
        <span className="soft" role="status">
          {items.length} {items.length === 1 ? 'event' : 'events'}
          {isOver ? ', the last one told' : isLive ? ', live' : ', waiting for the server'}
        </span>
      </div>
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      <div className="timeline" ref={scroll} tabIndex={0} role="region" aria-label="Events, the newest first">
        <ol style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const line = lines[index]
            return (
              line && (
                <li
                  key={key}
                  data-index={index}
                  ref={virtual.measureElement}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  {line.kind === 'epoch' ? (
                    <div className="timeline-epoch">Epoch {line.epoch}</div>
                  ) : (
                    <EventLine event={line.event} />
                  )}
                </li>
              )
            )
          })}
        </ol>
      </div>
    </section>
  )
}

function EventLine({ event }: { readonly event: RunEvent }) {
  const { seq, type, actor, at, summary, payload } = event
  const [isOpen, setOpen] = useState(false)
  return (
    <details
      className="event"
      data-event={type}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>
        <time dateTime={at} title={formatTime(at)}>
          {formatClock(at)}
        </time>
        <Shape tone={toneOf(event)} />
        <span className="event-summary">{summary}</span>
        <span className="event-actor">{actor.name}</span>
        <span className="event-seq">{seq}</span>
      </summary>
      {isOpen && (
        <div className="event-more">
          <p className="mono">{type}</p>
          <JsonTree value={payload} />
        </div>
      )}
    </details>
  )
}

/** The events that contain the searched text, newest first, with a heading for each epoch if there are several. */
function toLines(events: readonly RunEvent[], wanted: string): Line[] {
  const text = wanted.trim().toLowerCase()
  const lines: Line[] = []
  const hasEpochs = (events.at(-1)?.epoch ?? 1) > 1
  let epoch: number | undefined
  for (const event of events.toReversed()) {
    if (text && !`${event.type} ${event.summary} ${event.actor.name}`.toLowerCase().includes(text)) continue
    if (hasEpochs && event.epoch !== epoch) lines.push({ kind: 'epoch', epoch: event.epoch })
    epoch = event.epoch
    lines.push({ kind: 'event', event })
  }
  return lines
}

function keyOf(line: Line | undefined): string {
  if (!line) return ''
  return line.kind === 'event' ? `event ${line.event.seq}` : `epoch ${line.epoch}`
}

/** The tone of an event, by the verb in its type. */
function toneOf({ type, payload }: RunEvent): Tone {
  if (type === 'RUN_FAILED' && payload.reason === 'INCOMPLETE') return 'half'
  if (type === 'RUN_FAILED' || type === 'PHASE_FAILED' || type === 'ARTIFACT_INVALID') return 'bad'
  if (/_(?:COMPLETED|VALIDATED)$/.test(type)) return 'good'
  if (type.startsWith('APPROVAL_')) return 'ask'
  if (/_(?:CANCELLED|CANCEL_REQUESTED|EXPIRED)$/.test(type)) return 'stop'
  if (/_(?:PAUSED|RELEASED|REQUEUED)$/.test(type)) return 'hold'
  if (/_(?:CLAIMED|STARTED|RESUMED|OPENED|SENT)$/.test(type)) return 'live'
  return 'quiet'
}
