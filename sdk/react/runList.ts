import { PawlConnectionError } from '@pawl/sdk'
import type { Pawl, RunFilter, RunOrder, StoredRun } from '@pawl/sdk'
import { pause } from '../kit/pause.ts'
import type { RunFeed } from './feed.ts'
import { matchesFilter } from './filter.ts'
import { createLive } from './live.ts'
import type { Live } from './live.ts'

/** Which runs, and in which order their pages are read. */
export interface RunListOptions {
  readonly filter?: RunFilter | undefined
  /** Which runs are read first. Default: the newest. */
  readonly orderBy?: RunOrder | undefined
  /** The page size, at most 500. Default 100. */
  readonly pageSize?: number | undefined
}

/** The runs of a list read so far. */
export interface RunListState {
  /** All known runs that match, ordered by id, which is the order of creation. The same array until one changes. */
  readonly runs: readonly StoredRun[]
  /** Whether a page is being read. */
  readonly isLoading: boolean
  /** Whether the server has more that match. */
  readonly hasMore: boolean
  /** Why reading the last page failed; undefined if it succeeded. */
  readonly error: unknown
}

/** A list that is kept up to date. */
export interface RunList extends Live<RunListState> {
  /** Reads the next page; does nothing while a page is being read, or if there is none. */
  loadMore(): void
}

/** How long after a lost answer a page is requested again, in milliseconds. */
const RETRY_DELAY_MS = 2_000

/** Creates a list of the matching runs, read page by page into the feed's store and kept up to date by it. */
export function createRunList(pawl: Pawl, feed: RunFeed, options: RunListOptions = {}): RunList {
  const { filter = {}, orderBy, pageSize = 100 } = options
  const { store } = feed
  let cursor: string | undefined
  let wantMore: (() => void) | undefined

  const select = (previous: readonly StoredRun[]): readonly StoredRun[] => {
    const runs = store.all().filter((run) => matchesFilter(run, filter))
    return isSame(runs, previous) ? previous : runs
  }

  const live = createLive<RunListState>(
    { runs: [], isLoading: true, hasMore: true, error: undefined },
    async (signal, update, get) => {
      const show = () =>
        update((state) => {
          const runs = select(state.runs)
          return runs === state.runs ? state : { ...state, runs }
        })
      const offStore = store.subscribe(show)
      // Listening to the connection keeps the feed running.
      const offFeed = feed.connection.subscribe(() => {})
      signal.addEventListener('abort', () => {
        offStore()
        offFeed()
        wantMore = undefined
      })
      show()
      await untilReady(signal, (error) =>
        update((state) => ({ ...state, isLoading: error === undefined, error })),
      )
      if (signal.aborted) return
      let isFirst = cursor === undefined
      while (!signal.aborted) {
        if (!isFirst) {
          if (!get().hasMore) return
          await new Promise<void>((resolve) => {
            wantMore = resolve
            signal.addEventListener('abort', () => resolve())
          })
          wantMore = undefined
          if (signal.aborted) return
        }
        isFirst = false
        update((state) => ({ ...state, isLoading: true }))
        const { nodes, pageInfo } = await readPage(signal, (error) =>
          update((state) => ({ ...state, isLoading: false, error })),
        )
        cursor = pageInfo.endCursor ?? cursor
        store.apply(nodes)
        update((state) => ({
          runs: select(state.runs),
          isLoading: false,
          hasMore: pageInfo.hasNextPage,
          error: undefined,
        }))
      }
    },
    (state, error) => ({ ...state, isLoading: false, error }),
  )

  /** Waits until the feed follows changes, and tells what keeps it from that. */
  async function untilReady(signal: AbortSignal, tell: (error: unknown) => void): Promise<void> {
    let off = () => {}
    await new Promise<void>((done) => {
      const waitForFeed = async () => {
        await feed.ready()
        done()
      }
      // There is another promise after each restart.
      const look = () => {
        tell(feed.connection.get().error)
        void waitForFeed()
      }
      off = feed.connection.subscribe(look)
      signal.addEventListener('abort', () => done())
      look()
    })
    off()
  }

  async function readPage(signal: AbortSignal, tell: (error: unknown) => void) {
    for (;;) {
      try {
        return await pawl.runs.list({ filter, orderBy, first: pageSize, after: cursor, signal })
      } catch (error) {
        if (signal.aborted || !(error instanceof PawlConnectionError)) throw error
        tell(error)
        await pause(RETRY_DELAY_MS, signal)
      }
    }
  }

  return { ...live, loadMore: () => wantMore?.() }
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
