import { useSyncExternalStore } from 'react'

/** Offset of the database's clock from this machine's, in milliseconds. */
let offset = 0
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

/** Sets the clock from the server's time, and from this machine's times of the request and its answer. */
export function setClock(now: string, askedAt: number, answeredAt: number): void {
  offset = Date.parse(now) - (askedAt + answeredAt) / 2
  tick()
}

/** The time of the database's clock, in milliseconds; leases and ages are relative to it. */
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

/** A value computed from the time every second; rerenders only when it changes. */
export function useClock<Value extends string | number | boolean>(read: (now: number) => Value): Value {
  return useSyncExternalStore(subscribe, () => read(readClock()))
}
