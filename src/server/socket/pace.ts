/** Work that waits. */
interface Waiting {
  readonly isWanted: () => boolean
  readonly answer: (mayBegin: boolean) => void
}

/** Lets work begin at a bounded rate. */
export interface Pace {
  /**
   * Resolves when the work may begin: in the order in which a party asked, and in turn with other parties, so that one that asks for much
   * delays itself.
   *
   * @param party who asks
   * @param isWanted asked when it is its turn
   * @returns false if it must not begin: as much of this party waits as may, or nobody wants it any more
   */
  enter(party: string, isWanted: () => boolean): Promise<boolean>
}

/** How work is paced. */
export interface PaceOptions {
  readonly perSecond: number
  /** How much may begin at once after a time in which less did. */
  readonly burst: number
  /** How much of one party may wait. */
  readonly maxWaiting: number
}

/** How often those who wait are looked at, in milliseconds. */
const TICK_MS = 10

/** Opens a pace; it has its burst at once. */
export function openPace({ perSecond, burst, maxWaiting }: PaceOptions): Pace {
  /** By party, in the order of their turns. */
  const queues = new Map<string, Waiting[]>()
  let credit = burst
  let countedAt = performance.now()
  let timer: NodeJS.Timeout | undefined

  function earn(): void {
    const now = performance.now()
    credit = Math.min(burst, credit + ((now - countedAt) * perSecond) / 1_000)
    countedAt = now
  }

  function admit(): void {
    timer = undefined
    earn()
    for (const [party, queue] of queues) {
      if (credit < 1) break
      // its turn is over: it goes to the end
      queues.delete(party)
      const next = takeWanted(queue)
      if (queue.length > 0) queues.set(party, queue)
      if (!next) continue
      credit -= 1
      next.answer(true)
    }
    wait()
  }

  function wait(): void {
    if (queues.size > 0) timer ??= setTimeout(admit, TICK_MS).unref()
  }

  return {
    enter(party, isWanted) {
      earn()
      if (queues.size === 0 && credit >= 1) {
        credit -= 1
        return Promise.resolve(true)
      }
      const queue = queues.get(party) ?? []
      if (queue.length >= maxWaiting) return Promise.resolve(false)
      queues.set(party, queue)
      wait()
      return new Promise((resolve) => queue.push({ isWanted, answer: resolve }))
    },
  }
}

/** Removes and returns the first that is still wanted. */
function takeWanted(queue: Waiting[]): Waiting | undefined {
  while (queue.length > 0) {
    const next = queue.shift()
    if (next?.isWanted()) return next
    next?.answer(false)
  }
  return undefined
}
