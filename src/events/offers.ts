import { endable, type Endable } from '../iterators/endable.ts'
import type { ClaimFilter } from '../store/run/claim/claimFilter.ts'
import { findClaimable } from '../store/run/claim/findClaimable.ts'
import { untilClaimable } from '../store/run/claim/untilClaimable.ts'
import type { Store } from '../store/sql/openStore.ts'
import { QUEUE, type Signals } from './signals.ts'
import type { WakeUp } from './wakeUps.ts'

/** Options of `openOffers`. */
export interface OffersOptions {
  readonly store: Store
  readonly signals: Signals
  /** After how long a run that nobody has claimed is offered to another one, in milliseconds; default one second. */
  readonly againMs?: number | undefined
}

/** Offers runs that can be claimed to those who wait for one: each to one of them at a time, in turn. */
export interface Offers {
  /** The ids of runs that are offered to one who waits; it waits while an id is awaited. Does not end on its own. */
  wait(filter: ClaimFilter): Endable<string>
}

/** One who waits, from the moment an id is awaited until one is offered. */
interface Waiting {
  readonly filter: ClaimFilter
  readonly offer: (runId: string) => void
  readonly end: () => void
}

/** How many of those who wait alike are served by one look; the others are by the next. */
const MAX_OFFERED = 50

const AGAIN_MS = 1_000

/** A run that is delayed for longer is found by a later look. */
const MAX_DELAY_MS = 3_600_000

/**
 * Opens the offers of a process. However many wait, the queue is read once for all that wait for the same runs, and only when runs were
 * queued: so a run costs one claim, and those it is not offered to nothing.
 *
 * An offer promises nothing: the claim decides. Whoever was offered a run may be gone, or take an older one; then the run is offered again.
 */
export function openOffers({ store, signals, againMs = AGAIN_MS }: OffersOptions): Offers {
  // in the order in which they began to wait
  const waiting = new Set<Waiting>()
  /** When each run was offered last, as `performance.now()`, while that is recent. */
  const offered = new Map<string, number>()
  let wakeUp: WakeUp | undefined
  let isDue = false
  let isLooking = false
  let timer: NodeJS.Timeout | undefined
  let timerAt = Infinity

  function look(): void {
    isDue = true
    if (!isLooking) void lookWhileDue()
  }

  /** Looks again after a time, or sooner where that is due already. */
  function lookIn(milliseconds: number): void {
    const at = performance.now() + milliseconds
    if (at >= timerAt) return
    clearTimeout(timer)
    timerAt = at
    timer = setTimeout(() => {
      timerAt = Infinity
      look()
    }, milliseconds).unref()
  }

  async function lookWhileDue(): Promise<void> {
    isLooking = true
    while (isDue && waiting.size > 0) {
      isDue = false
      // a database that can't be reached now is asked again at the next wake-up
      await lookOnce().catch(() => undefined)
    }
    isLooking = false
  }

  async function lookOnce(): Promise<void> {
    for (const alike of groupAlike(waiting)) {
      const [{ filter }] = alike
      forgetOld()
      const limit = offered.size + Math.min(alike.length, MAX_OFFERED)
      const found = await findClaimable(store.pool, filter, limit)
      for (const runId of found) if (!offered.has(runId)) offer(runId, alike)
      const isMore = found.length === limit && alike.some((each) => waiting.has(each))
      if (isMore) isDue = true
      const seconds = isMore ? null : await untilClaimable(store.pool, filter)
      if (seconds !== null) lookIn(Math.min(seconds * 1_000, MAX_DELAY_MS))
    }
    if (offered.size > 0) lookIn(againMs)
  }

  /** Offers a run to the first of those who still wait. */
  function offer(runId: string, alike: readonly Waiting[]): void {
    const first = alike.find((each) => waiting.delete(each))
    if (!first) return
    offered.set(runId, performance.now())
    first.offer(runId)
  }

  function forgetOld(): void {
    const now = performance.now()
    for (const [runId, at] of offered) if (now - at >= againMs) offered.delete(runId)
  }

  async function follow(signal: WakeUp): Promise<void> {
    while (await signal.wait()) look()
    // closed with the process's signals
    if (signal === wakeUp) for (const { end } of waiting) end()
  }

  let readers = 0
  function join(): void {
    readers += 1
    if (readers === 1) void follow((wakeUp = signals.subscribe(QUEUE)))
  }

  function leave(): void {
    readers -= 1
    if (readers > 0) return
    const last = wakeUp
    wakeUp = undefined
    last?.close()
  }

  return {
    wait(filter) {
      let mine: Waiting | undefined
      const stream = endable<string>(
        () =>
          new Promise((resolve) => {
            if (!mine) join()
            mine = { filter, offer: (value) => resolve({ done: false, value }), end: () => stream.end() }
            waiting.add(mine)
            look()
          }),
        () => {
          if (!mine) return
          waiting.delete(mine)
          leave()
        },
      )
      return stream
    },
  }
}

/** Those who wait for the same runs, together. */
function groupAlike(waiting: Iterable<Waiting>): [Waiting, ...Waiting[]][] {
  const groups = new Map<string, [Waiting, ...Waiting[]]>()
  for (const each of waiting) {
    const key = JSON.stringify(each.filter)
    const group = groups.get(key)
    if (group) group.push(each)
    else groups.set(key, [each])
  }
  return [...groups.values()]
}
