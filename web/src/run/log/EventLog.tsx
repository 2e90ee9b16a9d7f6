import type { RunEvent } from '@pawl/sdk'
import type { Lines } from '@pawl/sdk/react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import { describeError } from '../../elements/Problem.tsx'
import { describeEpoch } from '../../elements/words.ts'
import { EventLine } from './EventLine.tsx'
import { type LogLine, toLogLines } from './logLines.ts'

interface EventLogProps {
  readonly log: Lines<RunEvent>
  /** The number of the event that the address names. */
  readonly at: number | undefined
}

/** The run's events, newest first, live, and foldable by phase. */
export function EventLog({ log, at }: EventLogProps) {
  const { items, isLive, isOver, error } = log
  const [wanted, setWanted] = useState('')
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set())
  const lines = useMemo(() => toLogLines(items, wanted, folded), [items, wanted, folded])
  const scroll = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 32,
    getItemKey: (index) => keyOf(lines[index]),
    overscan: 10,
  })
  const shown = useRef<number>(undefined)
  useEffect(() => {
    const index = lines.findIndex((line) => line.kind === 'event' && line.event.seq === at)
    if (index < 0 || shown.current === at) return
    shown.current = at
    virtual.scrollToIndex(index, { align: 'center' })
  }, [lines, at, virtual])
  const phases = lines.flatMap((line) => (line.kind === 'phase' ? [line.seq] : []))
  const isAllFolded = phases.length > 0 && phases.every((seq) => folded.has(seq))
  const toggle = (seq: number) =>
    setFolded(
      (before) => new Set(before.has(seq) ? [...before].filter((one) => one !== seq) : [...before, seq]),
    )
  return (
    <section aria-label="Event log" className="pane">
      <div className="pane-head">
        <label className="filter filter-wide">
          <span className="hidden">Search the events</span>
          <input
            type="search"
            placeholder="Search the events"
            value={wanted}
            onChange={({ target }) => setWanted(target.value)}
          />
        </label>
        <button
          className="button button-small"
          type="button"
          onClick={() => setFolded(new Set(isAllFolded ? [] : phases))}
        >
          {isAllFolded ? 'Unfold all phases' : 'Fold all phases'}
        </button>
        <span className="soft" role="status">
          {items.length} {items.length === 1 ? 'event' : 'events'}
          {isOver ? ', complete' : isLive ? ', live' : ', waiting for the server'}
        </span>
      </div>
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      <div className="log" ref={scroll} tabIndex={0} role="region" aria-label="Events, the newest first">
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
                  <LogLineView line={line} at={at} onToggle={toggle} />
                </li>
              )
            )
          })}
        </ol>
      </div>
    </section>
  )
}

interface LogLineViewProps {
  readonly line: LogLine
  readonly at: number | undefined
  onToggle(seq: number): void
}

function LogLineView({ line, at, onToggle }: LogLineViewProps) {
  switch (line.kind) {
    case 'event':
      return <EventLine event={line.event} isChosen={line.event.seq === at} />
    case 'epoch':
      return <div className="log-epoch">{describeEpoch(line.epoch)}</div>
    case 'day':
      return (
        <time className="log-day" dateTime={line.at}>
          {new Date(line.at).toLocaleDateString(undefined, { dateStyle: 'full' })}
        </time>
      )
    case 'phase':
      return (
        <button
          type="button"
          className="log-phase"
          aria-expanded={!line.isFolded}
          onClick={() => onToggle(line.seq)}
        >
          <span aria-hidden="true">{line.isFolded ? '▸' : '▾'}</span>
          <span className="log-phase-title">{line.title}</span>
          <span className="soft">
            {line.count} {line.count === 1 ? 'event' : 'events'}
          </span>
        </button>
      )
  }
}

function keyOf(line: LogLine | undefined): string {
  switch (line?.kind) {
    case undefined:
      return ''
    case 'event':
      return `event ${line.event.seq}`
    case 'epoch':
      return `epoch ${line.epoch}`
    case 'day':
      return `day ${line.at}`
    case 'phase':
      return `phase ${line.seq}`
  }
}
