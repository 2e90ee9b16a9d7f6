import { useConnection } from '@pawl/sdk/react'
import type { ConnectionState } from '@pawl/sdk/react'
import { formatAge } from '../elements/time.ts'
import { useClock } from '../elements/clock.ts'

const WORDS: Readonly<Record<ConnectionState['phase'], { readonly label: string; readonly means: string }>> =
  {
    CONNECTING: { label: 'Connecting', means: 'The server has not answered yet' },
    CONNECTED: { label: 'Live', means: 'Every change comes by itself' },
    RECONNECTING: { label: 'Reconnecting', means: 'What you see is as of when the connection was lost' },
    POLLING: { label: 'Polling', means: 'The stream is down; the server is asked every few seconds' },
    REFUSED: { label: 'Signed out', means: 'The server does not take this session' },
  }

/** The state of the connection: unless it says Live, the page may be stale. */
export function Connection() {
  const { phase, since } = useConnection()
  const { label, means } = WORDS[phase]
  // `since` is a time of this machine's clock
  const age = useClock(() => (phase === 'CONNECTED' ? '' : formatAge(Date.now() - since)))
  return (
    <span
      className={`connection connection-${phase.toLowerCase()}`}
      role="status"
      title={means}
      data-phase={phase}
    >
      <span className="connection-dot" aria-hidden="true" />
      {label}
      {age && <span aria-hidden="true">{` ${age}`}</span>}
    </span>
  )
}
