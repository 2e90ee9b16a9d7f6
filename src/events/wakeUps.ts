/** What a reader of the log sleeps on: one bit, "something may have changed". It holds no data and cannot grow. */
export interface WakeUp {
  /**
   * Resolves with true when something may have changed since it last resolved, including before this call; also
   * periodically, and after `atMostMs` milliseconds if given. Resolves with false once it is closed.
   */
  wait(atMostMs?: number): Promise<boolean>
  /** Releases the wake-up; a pending `wait()` resolves immediately. */
  close(): void
}

/** Subscriptions by topic. All readers of a topic are woken in the same turn, so that they can share a read. */
export interface WakeUps {
  /** Number of subscriptions. */
  readonly size: number
  subscribe(topic: string): WakeUp
  wake(topic: string): void
  wakeAll(): void
  /** Closes every subscription. */
  close(): void
}

interface Topic {
  readonly sleepers: Set<Sleeper>
  readonly poll: NodeJS.Timeout
}

interface Sleeper extends WakeUp {
  wake(): void
}

/** Creates an empty registry. Readers are also woken every `pollMs` milliseconds. */
export function openWakeUps(pollMs: number): WakeUps {
  const topics = new Map<string, Topic>()

  function wake(name: string): void {
    for (const sleeper of topics.get(name)?.sleepers ?? []) sleeper.wake()
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
  let woken = false
  let closed = false
  let resume: () => void = () => undefined

  return {
    async wait(atMostMs) {
      if (!woken && !closed) {
        let timer: NodeJS.Timeout | undefined
        await new Promise<void>((resolve) => {
          resume = resolve
          if (atMostMs !== undefined) timer = setTimeout(resolve, atMostMs)
        })
        clearTimeout(timer)
      }
      // cleared before the reader reads: a change during the read is noticed by the next call
      woken = false
      return !closed
    },
    wake() {
      woken = true
      resume()
    },
    close() {
      closed = true
      resume()
      onClose()
    },
  }
}
