import { useTranscript } from '@pawl/sdk/react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import { describeError } from '../elements/Problem.tsx'
import { addChunks, NO_LINES } from './transcriptLines.ts'

/** Height of a line, in pixels. */
const LINE = 20
/** Within this distance from the end, the view follows new lines, in pixels. */
const NEAR = 40

/** The output of an agent, live, with a search. New lines are followed until the viewer scrolls up or pauses. */
export function Transcript({ sessionId }: { readonly sessionId: string }) {
  const { items, isLive, isOver, error } = useTranscript(sessionId)
  const lines = useLines(items)
  const [isFollowing, setFollowing] = useState(true)
  const [wanted, setWanted] = useState('')
  const [at, setAt] = useState(0)
  const scroll = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => LINE,
    overscan: 20,
  })
  const found = useMemo(() => findLines(lines, wanted), [lines, wanted])

  useEffect(() => {
    if (isFollowing) virtual.scrollToIndex(lines.length - 1, { align: 'end' })
  }, [isFollowing, lines.length, virtual])

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
        aria-label="What the agent puts out"
      >
        {items.length === 0 ? (
          <p className="soft">Nothing yet.</p>
        ) : (
          <ol style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, key, start }) => (
              <li
                key={key}
                className={found[at] === index ? 'transcript-found' : undefined}
                style={{ transform: `translateY(${start}px)` }}
              >
                <Marked text={lines[index] ?? ''} wanted={wanted} />
              </li>
            ))}
          </ol>
        )}
      </div>
    </section>
  )
}

function useLines(chunks: Parameters<typeof addChunks>[1]): readonly string[] {
  const known = useRef(NO_LINES)
  return useMemo(() => {
    known.current = addChunks(known.current, chunks)
    return known.current.lines
  }, [chunks])
}

function findLines(lines: readonly string[], wanted: string): readonly number[] {
  const text = wanted.toLowerCase()
  if (!text) return []
  return lines.flatMap((line, index) => (line.toLowerCase().includes(text) ? [index] : []))
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
