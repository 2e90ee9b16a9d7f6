const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A duration in its largest unit, for hours also the next one: `12s`, `4m`, `2h 5m`, `3d`. */
export function formatAge(milliseconds: number): string {
  if (milliseconds < MINUTE) return `${Math.max(0, Math.floor(milliseconds / SECOND))}s`
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)}m`
  if (milliseconds >= DAY) return `${Math.floor(milliseconds / DAY)}d`
  const minutes = Math.floor((milliseconds % HOUR) / MINUTE)
  const hours = `${Math.floor(milliseconds / HOUR)}h`
  return minutes > 0 ? `${hours} ${minutes}m` : hours
}

/** For how long something lasted, in its two largest units: `12s`, `4m 5s`, `2h 5m`, `3d 4h`. */
export function formatLength(milliseconds: number): string {
  if (milliseconds < MINUTE) return formatAge(milliseconds)
  const seconds = Math.floor((milliseconds % MINUTE) / SECOND)
  if (milliseconds < HOUR && seconds > 0) return `${formatAge(milliseconds)} ${seconds}s`
  if (milliseconds < DAY || milliseconds % DAY < HOUR) return formatAge(milliseconds)
  return `${formatAge(milliseconds)} ${Math.floor((milliseconds % DAY) / HOUR)}h`
}

/** A time in the viewer's locale, to the second. */
export function formatTime(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
}

/** The time of day. */
export function formatClock(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour12: false })
}

/** A number of bytes: `812 B`, `4.2 KiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const kib = bytes / 1024
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`
}
