import type { WakeUp } from './wakeUps.ts'

/** A stream that is pulled: it reads when it is asked for the next item, and holds nothing for a reader that is slow. */
export type Tail<T> = AsyncGenerator<T, void, void>

/** What a tail is made of. */
export interface TailParts<T> {
  /** Called with the first pull; the wake-up is released when the tail ends, however it ends. */
  readonly subscribe: () => WakeUp
  /** Yields the items. It sleeps on nothing but the wake-up, and ends when that is closed. */
  readonly items: (wakeUp: WakeUp) => AsyncGenerator<T, void, void>
  /** Ends the tail when it aborts. */
  readonly signal?: AbortSignal | undefined
}

const NOTHING = { done: true, value: undefined } as const

/**
 * Makes a tail. Unlike a bare generator, which lets `return()` wait for the pull under way, it ends at once: by
 * `return()`, or by the signal, whoever waits for the next item is told that there is none.
 */
export function openTail<T>({ subscribe, items, signal }: TailParts<T>): Tail<T> {
  const pulls = new Set<() => void>()
  let started: { wakeUp: WakeUp; generator: AsyncGenerator<T, void, void> } | undefined
  let ended = false

  function start() {
    const wakeUp = subscribe()
    return { wakeUp, generator: items(wakeUp) }
  }

  function end(): void {
    if (ended) return
    ended = true
    signal?.removeEventListener('abort', end)
    started?.wakeUp.close()
    for (const giveUp of pulls) giveUp()
    // a read under way is let go: its answer, or its failure, is nobody's any more
    started?.generator.return().catch(() => undefined)
  }

  function pull(): Promise<IteratorResult<T, void>> {
    started ??= start()
    const step = started.generator.next()
    return new Promise((resolve, reject) => {
      const giveUp = () => resolve(NOTHING)
      pulls.add(giveUp)
      void step.then(resolve, reject)
      void step.then(({ done }) => done && end(), end).finally(() => pulls.delete(giveUp))
    })
  }

  if (signal?.aborted) end()
  else signal?.addEventListener('abort', end)

  const tail: Tail<T> = {
    next: async () => (ended ? NOTHING : pull()),
    return: async () => {
      end()
      return NOTHING
    },
    throw: async (error) => {
      end()
      throw error
    },
    [Symbol.asyncIterator]: () => tail,
  }
  return tail
}
