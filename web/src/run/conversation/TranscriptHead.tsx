import type { FoldedEntry } from '@pawl/sdk'
import { conversationText } from './findPlace.ts'
import type { Row } from './rows.ts'

interface TranscriptHeadProps {
  readonly sessionId: string
  readonly rows: readonly Row[]
  readonly entries: readonly FoldedEntry[]
  readonly wanted: string
  /** How many rows were found, and which of them is shown, from 0; -1 for none. */
  readonly hits: number
  readonly hit: number
  /** What is known of the connection, in words. */
  readonly state: string
  readonly isFollowing: boolean
  onSearch(text: string): void
  onStep(step: number): void
  onFollow(): void
}

/** Searching a transcript, downloading it, and following its end. */
export function TranscriptHead(props: TranscriptHeadProps) {
  const { sessionId, rows, entries, wanted, hits, hit, state, isFollowing, onSearch, onStep, onFollow } =
    props
  return (
    <form
      className="pane-head transcript-tools"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        onStep(1)
      }}
    >
      <label className="filter filter-wide">
        <span className="hidden">Search the conversation</span>
        <input
          type="search"
          placeholder="Search the conversation"
          value={wanted}
          onChange={({ target }) => onSearch(target.value)}
        />
      </label>
      {wanted && (
        <>
          <span className="soft" role="status">
            {hits === 0 ? 'not found' : hit < 0 ? `${hits} found` : `${hit + 1} of ${hits}`}
          </span>
          <button className="button button-small" type="button" onClick={() => onStep(-1)}>
            Previous
          </button>
          <button className="button button-small" type="submit">
            Next
          </button>
        </>
      )}
      <button className="button button-small" type="button" aria-pressed={isFollowing} onClick={onFollow}>
        Follow the end
      </button>
      <button
        className="button button-small"
        type="button"
        disabled={rows.length === 0}
        onClick={() => download(`${sessionId}.txt`, conversationText(rows, entries))}
      >
        Download
      </button>
      <span className="soft">{state}</span>
    </form>
  )
}

function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}
