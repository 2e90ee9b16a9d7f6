import { useSyncExternalStore } from 'react'

/** How far the clock of the database is ahead of this machine's, in milliseconds. */
let offset = 0
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

/** Sets the clock by what the server said, and when it was asked and had answered by this machine's clock. */
export function setClock(now: string, askedAt: number, answeredAt: number): void {
  offset = Date.parse(now) - (askedAt + answeredAt) / 2
  tick()
}

/** The time by the database's clock, in milliseconds: what leases and ages are told by. */
export function readClock(): number {
  return Date.now() + offset
}

function tick(): void {
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(tick, 1_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** What `read` makes of the time, looked at every second; rendered anew only where it is something else. */
export function useClock<Value extends string | number | boolean>(read: (now: number) => Value): Value {
  return useSyncExternalStore(subscribe, () => read(readClock()))
}
