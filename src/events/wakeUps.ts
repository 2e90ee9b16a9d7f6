import type { EventPage } from '../store/run/readEvents.ts'

/** What a reader of the log sleeps on: "something may have changed". What it holds is bounded. */
export interface WakeUp {
  /**
   * Resolves with true when something may have changed since it last resolved, including before this call; also
   * periodically, and after `atMostMs` milliseconds if given. Resolves with false once it is closed.
   */
  wait(atMostMs?: number): Promise<boolean>
  /**
   * What this process has appended to the log of the run, in the order of its commits, if nothing else has woken the reader before `wait`
   * last resolved; null: anything may have changed. A reader that does not stand exactly before it reads the log.
   */
  readonly appended: readonly EventPage[] | null
  /** Releases the wake-up; a pending `wait()` resolves immediately. */
  close(): void
}

/** Subscriptions by topic. All readers of a topic are woken in the same turn, so that they can share a read. */
export interface WakeUps {
  /** Number of subscriptions. */
  readonly size: number
  subscribe(topic: string): WakeUp
  /** @param appended what was appended to the log of a run, if that is all that has changed */
  wake(topic: string, appended?: () => EventPage): void
  wakeAll(): void
  /** Closes every subscription. */
  close(): void
}

interface Topic {
  readonly sleepers: Set<Sleeper>
  readonly poll: NodeJS.Timeout
}

interface Sleeper extends WakeUp {
  wake(appended?: EventPage): void
}

/** How many commits are kept for a reader that is busy; one that is further behind reads the log. */
const MAX_KEPT = 20

/** Creates an empty registry. Readers are also woken every `pollMs` milliseconds. */
export function openWakeUps(pollMs: number): WakeUps {
  const topics = new Map<string, Topic>()

  function wake(name: string, appended?: () => EventPage): void {
    const sleepers = topics.get(name)?.sleepers
    if (!sleepers) return
    const page = appended?.()
    for (const sleeper of sleepers) sleeper.wake(page)
  }

  function join(name: string): Topic {
    const topic = topics.get(name) ?? { sleepers: new Set(), poll: setInterval(() => wake(name), pollMs) }
    topics.set(name, topic)
    return topic
  }

  return {
    get size() {
      return [...topics.values()].reduce((sum, { sleepers }) => sum + sleepers.size, 0)
    },
    subscribe(name) {
      const { sleepers, poll } = join(name)
      const sleeper = openSleeper(() => {
        if (!sleepers.delete(sleeper) || sleepers.size > 0) return
        clearInterval(poll)
        topics.delete(name)
      })
      sleepers.add(sleeper)
      return sleeper
    },
    wake,
    wakeAll() {
      for (const name of topics.keys()) wake(name)
    },
    close() {
      for (const { sleepers } of topics.values()) for (const sleeper of sleepers) sleeper.close()
    },
  }
}

function openSleeper(onClose: () => void): Sleeper {
  /** What has woken the reader since it last continued: commits alone, or null: anything; undefined: nothing. */
  let unread: readonly EventPage[] | null | undefined
  let taken: readonly EventPage[] | null = null
  let closed = false
  let resume: () => void = () => undefined

  return {
    async wait(atMostMs) {
      if (unread === undefined && !closed) {
        let timer: NodeJS.Timeout | undefined
        await new Promise<void>((resolve) => {
          resume = resolve
          if (atMostMs !== undefined) timer = setTimeout(resolve, atMostMs)
        })
        clearTimeout(timer)
      }
      // cleared before the reader reads: a change during the read is noticed by the next call
      taken = unread ?? null
      unread = undefined
      return !closed
    },
    get appended() {
      return taken
    },
    wake(page) {
      const kept = unread === undefined ? [] : unread
      unread = page && kept && kept.length < MAX_KEPT ? [...kept, page] : null
      resume()
    },
    close() {
      closed = true
      resume()
      onClose()
    },
  }
}
