import type { FoldedEntry } from '@pawl/sdk'
import { memo } from 'react'
import type { MouseEvent } from 'react'
import { formatClock, formatTime } from '../../elements/time.ts'
import { LineText } from './LineText.tsx'
import { MarkLine } from './MarkLine.tsx'
import type { Row } from './rows.ts'
import { TranscriptEntry } from './TranscriptEntry.tsx'

interface TranscriptRowProps {
  readonly index: number
  readonly row: Row
  readonly entry: FoldedEntry | undefined
  readonly wanted: string
  /** Whether it is the hit of the search that is shown. */
  readonly isFound: boolean
  /** Whether the address names it. */
  readonly isChosen: boolean
  readonly start: number
  readonly measure: (node: Element | null) => void
  readonly address: string
  choose(place: string): void
}

/** A row of a conversation; what is beside it, its time or the number of its line, is a link to it. */
export const TranscriptRow = memo(
  function TranscriptRow(props: TranscriptRowProps) {
    const { index, row, entry, wanted, isFound, isChosen, start, measure, address, choose } = props
    const follow = (event: MouseEvent) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return
      event.preventDefault()
      choose(row.place)
    }
    const classes = [
      'transcript-row',
      `transcript-${row.kind}`,
      isFound && 'transcript-found',
      isChosen && 'transcript-chosen',
      row.kind === 'line' && row.stream === 'STDERR' && 'transcript-error',
    ]
    return (
      <li
        className={classes.filter(Boolean).join(' ')}
        style={{ transform: `translateY(${start}px)` }}
        ref={measure}
        data-index={index}
        data-place={row.place}
        data-kind={entry?.kind ?? (row.kind === 'mark' ? row.mark.type : undefined)}
        aria-current={isChosen ? 'location' : undefined}
      >
        <a
          className="transcript-place"
          href={address}
          tabIndex={isChosen ? 0 : -1}
          title={formatTime(row.at)}
          onClick={follow}
        >
          <span className="hidden">Link to </span>
          {row.kind === 'line' ? row.number : formatClock(row.at)}
        </a>
        <div className="transcript-said">
          {row.kind === 'line' && <LineText parts={row.parts} wanted={wanted} />}
          {row.kind === 'entry' && entry && <TranscriptEntry entry={entry} />}
          {row.kind === 'mark' && <MarkLine mark={row.mark} />}
        </div>
      </li>
    )
  },
  (before, after) =>
    before.row === after.row &&
    before.entry === after.entry &&
    before.wanted === after.wanted &&
    before.isFound === after.isFound &&
    before.isChosen === after.isChosen &&
    before.start === after.start &&
    before.index === after.index &&
    before.address === after.address,
)
