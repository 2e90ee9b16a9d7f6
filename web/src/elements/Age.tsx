import { useClock } from './clock.ts'
import { formatAge, formatTime } from './time.ts'

interface AgeProps {
  /** When it began. */
  readonly since: string
  /** When it ended; left out: it goes on. */
  readonly until?: string | null | undefined
  /** What stands before it. */
  readonly label?: string
}

/** How long something has lasted, growing as one looks at it; the moment itself on hovering. */
export function Age({ since, until, label }: AgeProps) {
  const text = useClock((now) => formatAge((until ? Date.parse(until) : now) - Date.parse(since)))
  return (
    <time className="age" dateTime={since} title={formatTime(since)}>
      {label ? `${label} ${text}` : text}
    </time>
  )
}

/** How long ago something was. */
export function Ago({ at }: { readonly at: string }) {
  const text = useClock((now) => formatAge(now - Date.parse(at)))
  return (
    <time className="age" dateTime={at} title={formatTime(at)}>
      {text === '0s' ? 'now' : `${text} ago`}
    </time>
  )
}
