import { PawlConnectionError } from '@pawl/sdk'
import type { Page, Pawl, Run, RunFilter, RunOrder, StoredRun } from '@pawl/sdk'
import { pause } from '../kit/pause.ts'
import { untilFollowing } from './feed.ts'
import type { RunFeed } from './feed.ts'
import { matchesFilter } from './filter.ts'
import { createLive } from './live.ts'
import type { Live } from './live.ts'
import { storeOf } from './reread.ts'

/** Which runs, and in which order their pages are read. */
export interface RunListOptions {
  readonly filter?: RunFilter | undefined
  /** Which runs are read first. Default: the newest. */
  readonly orderBy?: RunOrder | undefined
  /** The page size, at most 500. Default 100. */
  readonly pageSize?: number | undefined
  /** The first page, if a server has read it already. */
  readonly initial?: Page<Run> | undefined
}

/** A run of which every field is known. */
export type WholeRun = StoredRun & Omit<Run, '__typename'>

/** The runs of a list read so far. */
export interface RunListState {
  /** All known runs that match, ordered by id, which is the order of creation. The same array until one changes. */
  readonly runs: readonly WholeRun[]
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
  const { filter = {}, orderBy, pageSize = 100, initial } = options
  const { store } = feed
  let cursor: string | undefined
  /** Whether the runs shown are those that a server has read. */
  let isHandedOver = initial !== undefined
  let wantMore: (() => void) | undefined

  const select = (previous: readonly WholeRun[]): readonly WholeRun[] => {
    const runs = store
      .all()
      .filter(isWhole)
      .filter((run) => matchesFilter(run, filter))
    return isSame(runs, previous) ? previous : runs
  }

  const live = createLive<RunListState>(
    {
      runs: initial ? storeOf(initial.nodes).all().filter(isWhole) : [],
      isLoading: !initial,
      hasMore: initial?.pageInfo.hasNextPage ?? true,
      error: undefined,
    },
    async (signal, update, get) => {
      const show = () =>
        update((state) => {
          const runs = isHandedOver ? state.runs : select(state.runs)
          return runs === state.runs ? state : { ...state, runs }
        })
      const offStore = store.subscribe(show)
      signal.addEventListener('abort', () => {
        offStore()
        wantMore = undefined
      })
      show()
      await untilFollowing(feed, signal, (error) =>
        update((state) => ({ ...state, isLoading: !isHandedOver && error === undefined, error })),
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
        isHandedOver = false
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

/** A run that is known from frames of its status alone has neither labels nor most other fields. */
function isWhole(run: StoredRun): run is WholeRun {
  return run.labels !== undefined
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
