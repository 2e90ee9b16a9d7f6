/** A duration in its two largest units: `340ms`, `4.2s`, `1m 05s`, `3h 20m`, `2d 4h`. */
export function formatDuration(milliseconds: number): string {
  const ms = Math.max(0, Math.round(milliseconds))
  if (ms < 1_000) return `${ms}ms`
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)}s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours}h ${minutes % 60}m`
  return `${Math.floor(hours / 24)}d ${hours % 24}h`
}

/** A stopwatch: `0:07`, `12:40`, `1:02:03`. */
export function formatClock(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000))
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  const [hours, minutes, rest] = parts.map((part) => String(part).padStart(2, '0'))
  return parts[0] ? `${parts[0]}:${minutes}:${rest}` : `${parts[1] ?? hours}:${rest}`
}

/** Milliseconds between two timestamps. */
export function between(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from)
}

/** How long ago a timestamp was, by the server's clock. */
export function formatAge(moment: string, asOf: string): string {
  return `${formatDuration(between(moment, asOf))} ago`
}

/** The time of day in the local time zone, with its date where that is not today: `14:05:09`, `2026-11-30 14:05:09`. */
export function formatTime(moment: string, now = new Date()): string {
  const at = new Date(moment)
  const time = at.toLocaleTimeString('en-GB')
  return dateOf(at) === dateOf(now) ? time : `${dateOf(at)} ${time}`
}

/** The date in the local time zone: `2026-11-30`. */
function dateOf(at: Date): string {
  const [month, day] = [at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0'))
  return `${at.getFullYear()}-${month}-${day}`
}
