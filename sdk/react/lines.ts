import { PawlConnectionError } from '@pawl/sdk'
import type { StreamOptions } from '@pawl/sdk'
import { pause } from '../kit/pause.ts'
import { createBatch } from './batch.ts'
import { createLive } from './live.ts'
import type { Live } from './live.ts'

/** All items of a stream so far, in order. */
export interface Lines<Item> {
  readonly items: readonly Item[]
  /** Whether the stream is open. */
  readonly isLive: boolean
  /** Whether nothing more can come. */
  readonly isOver: boolean
  /** Why reading has stopped, or what keeps it from the server while it is tried again; undefined if nothing does. */
  readonly error: unknown
}

/** How long after giving up a stream that never connected is opened again, in milliseconds. */
const AGAIN_MS = 3_000

/** Reads a stream while it has listeners, resuming after the last item. */
export function createLines<Item extends { readonly seq: number }>(
  open: (options: StreamOptions & { readonly after: number }) => AsyncIterable<Item>,
): Live<Lines<Item>> {
  const initial: Lines<Item> = { items: [], isLive: false, isOver: false, error: undefined }
  return createLive<Lines<Item>>(
    initial,
    async (signal, update, get) => {
      // Items still in the batch when the last listener left were never shown, and are read again.
      let seq = get().items.at(-1)?.seq ?? 0
      const batch = createBatch<Item>(signal, (items) =>
        update((state) => ({ ...state, items: [...state.items, ...items] })),
      )
      const onConnection = (isLive: boolean) =>
        update((state) => ({ ...state, isLive, error: isLive ? undefined : state.error }))
      update((state) => ({ ...state, error: undefined }))
      while (!signal.aborted) {
        try {
          for await (const item of open({ after: seq, signal, onConnection })) {
            seq = item.seq
            batch.add(item)
          }
          batch.flush()
          return update((state) => ({ ...state, isLive: false, isOver: true }))
        } catch (error) {
          batch.flush()
          if (!(error instanceof PawlConnectionError)) throw error
          update((state) => ({ ...state, isLive: false, error }))
          await pause(AGAIN_MS, signal)
        }
      }
    },
    (state, error) => ({ ...state, isLive: false, error }),
  )
}
