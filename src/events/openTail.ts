import { endable } from '../iterators/endable.ts'
import type { WakeUp } from './wakeUps.ts'

/** A pull-based stream: it reads when asked for the next item and buffers nothing for a slow reader. */
export type Tail<T> = AsyncGenerator<T, void, void>

/** The parts of a tail. */
export interface TailParts<T> {
  /** Called on the first pull; the wake-up is released when the tail ends for any reason. */
  readonly subscribe: () => WakeUp
  /** Yields the items. It sleeps only on the wake-up, and ends when the wake-up is closed. */
  readonly items: (wakeUp: WakeUp) => AsyncGenerator<T, void, void>
  /** Ends the tail when it aborts. */
  readonly signal?: AbortSignal | undefined
}

/** Creates a tail. `return()` and the signal end it immediately: a pending `next()` resolves as done. */
export function openTail<T>({ subscribe, items, signal }: TailParts<T>): Tail<T> {
  let started: { wakeUp: WakeUp; generator: AsyncGenerator<T, void, void> } | undefined

  function start() {
    const wakeUp = subscribe()
    return { wakeUp, generator: items(wakeUp) }
  }

  const tail = endable<T>(
    () => (started ??= start()).generator.next(),
    () => {
      signal?.removeEventListener('abort', end)
      started?.wakeUp.close()
      // a read in progress is abandoned: nothing uses its result or its error
      started?.generator.return().catch(() => undefined)
    },
  )
  const end = () => tail.end()

  if (signal?.aborted) end()
  else signal?.addEventListener('abort', end)
  return tail
}
