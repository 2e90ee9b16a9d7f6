import type { FoldedEntry, RunEvent } from '@pawl/sdk'
import { useTranscript } from '@pawl/sdk/react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import { describeError } from '../../elements/Problem.tsx'
import { findPlace, findRows } from './findPlace.ts'
import { findMarks } from './marks.ts'
import { addRows, NO_ROWS, type Row, type Rows } from './rows.ts'
import { TranscriptHead } from './TranscriptHead.tsx'
import { TranscriptRow } from './TranscriptRow.tsx'
import { useFollowing } from './useFollowing.ts'

/** Height of a line, in pixels. */
const LINE = 20

interface TranscriptProps {
  readonly sessionId: string
  readonly events: readonly RunEvent[]
  /** What the address names: a row, or a time; undefined for the end. */
  readonly at: string | undefined
  /** The address of a row. */
  toAddress(place: string): string
  /** Makes a row the one that the address names. */
  choose(place: string): void
}

/** What was said to an agent, and what it said and did, live. What is new is followed until the reader scrolls up. */
export function Transcript({ sessionId, events, at, toAddress, choose }: TranscriptProps) {
  const { entries, isLive, isOver, error } = useTranscript(sessionId)
  const marks = useMarks(events, sessionId)
  const rows = useRows(entries, marks)
  const [wanted, setWanted] = useState('')
  const [hit, setHit] = useState(-1)
  const scroll = useRef<HTMLDivElement>(null)
  const { isFollowing, setFollowing, expectScroll, handlers } = useFollowing(scroll, at === undefined)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => LINE,
    overscan: 20,
  })
  const found = useMemo(() => findRows(rows, entries, wanted), [rows, entries, wanted])
  const size = virtual.getTotalSize()

  useEffect(() => {
    if (!isFollowing) return
    expectScroll()
    virtual.scrollToIndex(rows.length - 1, { align: 'end' })
  }, [isFollowing, rows.length, size, virtual])

  const show = (index: number) => {
    setFollowing(false)
    expectScroll()
    virtual.scrollToIndex(index, { align: 'center' })
  }
  const chosen = useMemo(() => (at === undefined ? -1 : findPlace(rows, at)), [rows, at])
  const shown = useRef<string>(undefined)
  useEffect(() => {
    if (chosen < 0 || shown.current === at) return
    shown.current = at
    show(chosen)
  })
  const go = (step: number) => {
    if (found.length === 0) return
    const next = (hit + step + found.length) % found.length
    setHit(next)
    show(found[next] ?? 0)
  }
  return (
    <section className="pane" aria-label="Transcript">
      <TranscriptHead
        sessionId={sessionId}
        rows={rows}
        entries={entries}
        wanted={wanted}
        hits={found.length}
        hit={hit}
        state={isOver ? 'The session is over' : isLive ? 'Live' : 'Waiting for the server'}
        isFollowing={isFollowing}
        onSearch={(text) => {
          setWanted(text)
          setHit(-1)
        }}
        onStep={go}
        onFollow={() => setFollowing(!isFollowing)}
      />
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      <div
        className="transcript"
        ref={scroll}
        {...handlers}
        onClick={({ target }) => {
          // Who unfolds something reads it.
          if (target instanceof Element && target.closest('summary')) setFollowing(false)
        }}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="What was said and done"
      >
        {rows.length === 0 ? (
          <p className="soft transcript-empty">Nothing yet.</p>
        ) : (
          <ol style={{ height: size }}>
            {virtual.getVirtualItems().map(({ index, key, start }) => {
              const row = rows[index]
              return (
                row && (
                  <TranscriptRow
                    key={key}
                    index={index}
                    row={row}
                    entry={row.kind === 'entry' ? entries[row.index] : undefined}
                    wanted={wanted}
                    isFound={hit >= 0 && found[hit] === index}
                    isChosen={index === chosen}
                    start={start}
                    measure={virtual.measureElement}
                    address={toAddress(row.place)}
                    choose={choose}
                  />
                )
              )
            })}
          </ol>
        )}
      </div>
    </section>
  )
}

/** The marks of a session; the same array until there is another one. */
function useMarks(events: readonly RunEvent[], sessionId: string) {
  const marks = useMemo(() => findMarks(events, sessionId), [events, sessionId])
  const known = useRef(marks)
  return useMemo(() => {
    if (known.current.length !== marks.length) known.current = marks
    return known.current
  }, [marks])
}

function useRows(entries: readonly FoldedEntry[], marks: Rows['marks']): readonly Row[] {
  const known = useRef(NO_ROWS)
  return useMemo(() => {
    known.current = addRows(known.current, entries, marks)
    return known.current.rows
  }, [entries, marks])
}
