import type { RunEvent } from '@pawl/sdk'
import { useState } from 'react'
import { JsonTree } from '../../elements/JsonTree.tsx'
import { Shape } from '../../elements/Shape.tsx'
import { formatClock, formatTime } from '../../elements/time.ts'
import type { Tone } from '../../elements/words.ts'

interface EventLineProps {
  readonly event: RunEvent
  /** Whether the address names it. */
  readonly isChosen: boolean
}

/** An event in one line; its payload is shown where it is opened. */
export function EventLine({ event, isChosen }: EventLineProps) {
  const { seq, type, actor, at, summary, payload } = event
  const [isOpen, setOpen] = useState(false)
  return (
    <details
      className={isChosen ? 'event event-chosen' : 'event'}
      data-event={type}
      aria-current={isChosen ? 'location' : undefined}
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
