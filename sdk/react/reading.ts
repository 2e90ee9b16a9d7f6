import { PawlConnectionError } from '@pawl/sdk'
import type { Pawl, RunFrame } from '@pawl/sdk'
import { pause } from '../kit/pause.ts'
import { isForbidden, untilFollowing } from './feed.ts'
import type { RunFeed } from './feed.ts'
import { keepEqual } from './keepEqual.ts'
import { createLive } from './live.ts'
import type { Live } from './live.ts'

/** What was read of something that belongs to runs. */
export interface Reading<Value> {
  /** As it was last read; undefined before. */
  readonly value: Value | undefined
  /** Why reading has stopped, or what keeps it from the server while it is tried again; undefined if nothing does. */
  readonly error: unknown
}

/** How something that belongs to runs is read, and what it changes with. */
export interface Source<Value> {
  read(signal: AbortSignal): Promise<Value>
  /** What it depends on in the store: it is read again whenever that is another. */
  mark(value: Value | undefined): unknown
  /** The one run that it belongs to, which is followed by itself where the feed is refused, as to a token of one run. */
  runOf?(value: Value): string | undefined
  /** A stream whose items tell that it has changed; undefined while there is nothing to follow. */
  follow?(value: Value, signal: AbortSignal): AsyncIterable<unknown> | undefined
}

/** How long after a lost answer it is requested again, in milliseconds. */
const RETRY_DELAY_MS = 2_000
/** The shortest time between two readings, in milliseconds: a run may change many times in one second. */
const MIN_INTERVAL_MS = 200

/**
 * Reads something while it has listeners, and again after each change, never twice at a time. What is equal in two readings stays
 * the same object.
 *
 * @param initial what a server has read already
 */
export function createReading<Value>(
  pawl: Pawl,
  feed: RunFeed,
  source: Source<Value>,
  initial: Value | undefined,
): Live<Reading<Value>> {
  const { store } = feed
  return createLive<Reading<Value>>(
    { value: initial, error: undefined },
    async (signal, update, get) => {
      const tell = (error: unknown) =>
        update((state) => (state.error === error ? state : { ...state, error }))
      let changes: AsyncIterable<unknown> | undefined
      let frames: AsyncIterable<RunFrame> | undefined
      let isWanted = true
      let wake = () => {}
      const want = () => {
        isWanted = true
        wake()
      }
      let mark = source.mark(get().value)
      const offStore = store.subscribe(() => {
        if (source.mark(get().value) !== mark) want()
      })
      const offFeed = feed.connection.subscribe(() => {
        if (isForbidden(feed) && !frames) want()
      })
      signal.addEventListener('abort', () => {
        offStore()
        offFeed()
        wake()
      })

      /** Takes the items of a stream until the listeners have left. */
      const take = async <Item>(stream: AsyncIterable<Item>, use: (item: Item) => void) => {
        try {
          for await (const item of stream) use(item)
        } catch (error) {
          if (!signal.aborted) tell(error)
        }
      }

      await untilFollowing(feed, signal, tell, true)
      while (!signal.aborted) {
        isWanted = false
        mark = source.mark(get().value)
        try {
          const value = await source.read(signal)
          update((state) => keepEqual(state, { value, error: undefined }))
          mark = source.mark(value)
          if (!changes && (changes = source.follow?.(value, signal))) void take(changes, want)
          const runId = source.runOf?.(value)
          if (runId !== undefined && !frames && isForbidden(feed))
            void take((frames = pawl.runs.watch(runId, { signal })), (frame) => store.apply(frame))
        } catch (error) {
          if (signal.aborted || !(error instanceof PawlConnectionError)) throw error
          tell(error)
          await pause(RETRY_DELAY_MS, signal)
          continue
        }
        await pause(MIN_INTERVAL_MS, signal)
        if (!isWanted && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    (state, error) => ({ ...state, error }),
  )
}
