import { endable } from './endable.ts'
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

/** Makes a tail. It ends at once: by `return()`, or by the signal, whoever waits for the next item is told that there is none. */
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
      // a read under way is let go: its answer, or its failure, is nobody's any more
      started?.generator.return().catch(() => undefined)
    },
  )
  const end = () => tail.end()

  if (signal?.aborted) end()
  else signal?.addEventListener('abort', end)
  return tail
}
