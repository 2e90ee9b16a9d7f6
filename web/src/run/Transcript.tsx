import { entryText, type FoldedEntry } from '@pawl/sdk'
import { useTranscript } from '@pawl/sdk/react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import { describeError } from '../elements/Problem.tsx'
import { TranscriptEntry } from './TranscriptEntry.tsx'
import { addRows, NO_ROWS, type TranscriptRow } from './transcriptRows.ts'

/** Height of a line, in pixels. */
const LINE = 20
/** Within this distance from the end, the view follows new lines, in pixels. */
const NEAR = 40

/** What an agent says and puts out, live, with a search. What is new is followed until the viewer scrolls up or pauses. */
export function Transcript({ sessionId }: { readonly sessionId: string }) {
  const { entries, isLive, isOver, error } = useTranscript(sessionId)
  const rows = useRows(entries)
  const [isFollowing, setFollowing] = useState(true)
  const [wanted, setWanted] = useState('')
  const [at, setAt] = useState(0)
  const scroll = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => LINE,
    overscan: 20,
  })
  const found = useMemo(() => findRows(rows, entries, wanted), [rows, entries, wanted])
  const size = virtual.getTotalSize()

  useEffect(() => {
    if (isFollowing) virtual.scrollToIndex(rows.length - 1, { align: 'end' })
  }, [isFollowing, rows.length, size, virtual])

  const onScroll = () => {
    const { current } = scroll
    if (!current) return
    const isAtEnd = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR
    if (isAtEnd !== isFollowing && !isAtEnd) setFollowing(false)
  }
  const go = (step: number) => {
    if (found.length === 0) return
    const next = (at + step + found.length) % found.length
    setAt(next)
    setFollowing(false)
    virtual.scrollToIndex(found[next] ?? 0, { align: 'center' })
  }
  return (
    <section className="pane" aria-label="Transcript">
      <form
        className="pane-head"
        role="search"
        onSubmit={(event) => {
          event.preventDefault()
          go(1)
        }}
      >
        <label className="filter filter-wide">
          <span className="hidden">Search the transcript</span>
          <input
            type="search"
            placeholder="Search the transcript"
            value={wanted}
            onChange={({ target }) => {
              setWanted(target.value)
              setAt(-1)
            }}
          />
        </label>
        {wanted && (
          <>
            <span className="soft" role="status">
              {found.length === 0 ? 'not found' : `${at + 1} of ${found.length}`}
            </span>
            <button className="button button-small" type="button" onClick={() => go(-1)}>
              Previous
            </button>
            <button className="button button-small" type="submit">
              Next
            </button>
          </>
        )}
        <button
          className="button button-small"
          type="button"
          aria-pressed={isFollowing}
          onClick={() => setFollowing(!isFollowing)}
        >
          {isFollowing ? 'Pause' : 'Follow'}
        </button>
        <span className="soft">
          {isOver ? 'The session is over' : isLive ? 'Live' : 'Waiting for the server'}
        </span>
      </form>
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      <div
        className="transcript"
        ref={scroll}
        onScroll={onScroll}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="What the agent says"
      >
        {rows.length === 0 ? (
          <p className="soft">Nothing yet.</p>
        ) : (
          <ol style={{ height: size }}>
            {virtual.getVirtualItems().map(({ index, key, start }) => (
              <Row
                key={key}
                index={index}
                row={rows[index]}
                entries={entries}
                wanted={wanted}
                isFound={found[at] === index}
                start={start}
                measure={virtual.measureElement}
              />
            ))}
          </ol>
        )}
      </div>
    </section>
  )
}

interface RowProps {
  readonly index: number
  readonly row: TranscriptRow | undefined
  readonly entries: readonly FoldedEntry[]
  readonly wanted: string
  readonly isFound: boolean
  readonly start: number
  readonly measure: (node: Element | null) => void
}

function Row({ index, row, entries, wanted, isFound, start, measure }: RowProps) {
  const style = { transform: `translateY(${start}px)` }
  const mark = isFound ? ' transcript-found' : ''
  if (!row || 'line' in row)
    return (
      <li className={`transcript-line${mark}${row?.stream === 'STDERR' ? ' soft' : ''}`} style={style}>
        <Marked text={row?.line ?? ''} wanted={wanted} />
      </li>
    )
  const entry = entries[row.place]
  return (
    <li
      className={`transcript-entry${mark}`}
      style={style}
      ref={measure}
      data-index={index}
      data-kind={entry?.kind}
    >
      {entry && <TranscriptEntry entry={entry} />}
    </li>
  )
}

function useRows(entries: readonly FoldedEntry[]): readonly TranscriptRow[] {
  const known = useRef(NO_ROWS)
  return useMemo(() => {
    known.current = addRows(known.current, entries)
    return known.current.rows
  }, [entries])
}

function findRows(
  rows: readonly TranscriptRow[],
  entries: readonly FoldedEntry[],
  wanted: string,
): readonly number[] {
  const sought = wanted.toLowerCase()
  if (!sought) return []
  return rows.flatMap((row, index) => {
    const entry = 'line' in row ? undefined : entries[row.place]
    const text = 'line' in row ? row.line : entry ? entryText(entry) : ''
    return text.toLowerCase().includes(sought) ? [index] : []
  })
}

function Marked({ text, wanted }: { readonly text: string; readonly wanted: string }) {
  const from = wanted ? text.toLowerCase().indexOf(wanted.toLowerCase()) : -1
  if (from < 0) return <>{text || '\u00A0'}</>
  const to = from + wanted.length
  return (
    <>
      {text.slice(0, from)}
      <mark>{text.slice(from, to)}</mark>
      <Marked text={text.slice(to)} wanted={to < text.length ? wanted : ''} />
    </>
  )
}
