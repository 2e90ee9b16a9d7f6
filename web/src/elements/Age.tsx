import { useClock } from './clock.ts'
import { formatAge, formatTime } from './time.ts'

interface AgeProps {
  /** When it began. */
  readonly since: string
  /** When it ended; omitted: it has not ended. */
  readonly until?: string | null | undefined
  /** Text in front of the duration. */
  readonly label?: string
}

/** A live duration, with the time of its start as a tooltip. */
export function Age({ since, until, label }: AgeProps) {
  const text = useClock((now) => formatAge((until ? Date.parse(until) : now) - Date.parse(since)))
  return (
    <time className="age" dateTime={since} title={formatTime(since)}>
      {label ? `${label} ${text}` : text}
    </time>
  )
}

/** How long ago something happened. */
export function Ago({ at }: { readonly at: string }) {
  const text = useClock((now) => formatAge(now - Date.parse(at)))
  return (
    <time className="age" dateTime={at} title={formatTime(at)}>
      {text === '0s' ? 'now' : `${text} ago`}
    </time>
  )
}
