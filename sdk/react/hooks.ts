import { TranscriptFold } from '@pawl/sdk'
import type {
  FoldedEntry,
  Page,
  Pawl,
  Run,
  RunDetail,
  RunEvent,
  RunFilter,
  RunOrder,
  StoredRun,
  TranscriptEntry,
} from '@pawl/sdk'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import type { ConnectionState, RunFeed } from './feed.ts'
import { createLines } from './lines.ts'
import type { Lines } from './lines.ts'
import { usePawlContext } from './provider.ts'
import { storeOf } from './reread.ts'
import { createRunList } from './runList.ts'
import type { WholeRun } from './runList.ts'
import { createRunReader } from './runReader.ts'
import { useLive } from './useLive.ts'
import type { ReadOptions } from './workHooks.ts'

/** The client of the `PawlProvider` above. */
export function usePawl(): Pawl {
  return usePawlContext().pawl
}

/** The feed of the `PawlProvider` above; `feed.store` is its store. */
export function useRunFeed(): RunFeed {
  return usePawlContext().feed
}

/** The state of the page's connection to the server, and since when. Keeps the feed running. */
export function useConnection(): ConnectionState {
  return useLive(usePawlContext().feed.connection)
}

/** What `useRuns` takes. */
export interface UseRunsOptions {
  /** Which runs. Default: all that the caller may see. */
  readonly filter?: RunFilter | undefined
  /** Which are read first. Default: the newest. */
  readonly orderBy?: RunOrder | undefined
  /** How many are read at once, at most 500. Default 100. */
  readonly pageSize?: number | undefined
  /** The first page, if a server has read it for the first drawing: the same on both sides. It is read again afterwards. */
  readonly initial?: Page<Run> | undefined
}

/** What `useRuns` returns. */
export interface UseRunsResult {
  /** All known runs that match, each with all its fields, oldest first; the same array until one changes. */
  readonly runs: readonly WholeRun[]
  /** Whether a page is being read. */
  readonly isLoading: boolean
  /** Whether the server has more that match: `loadMore` reads them. */
  readonly hasMore: boolean
  /** Why reading has stopped or the last read failed; undefined if nothing failed. */
  readonly error: unknown
  /** Reads the next page; does nothing while a page is being read, or if there is none. */
  loadMore(): void
}

/** The runs that match a filter, kept up to date. */
export function useRuns({ filter, orderBy, pageSize, initial }: UseRunsOptions = {}): UseRunsResult {
  const { pawl, feed } = usePawlContext()
  const key = JSON.stringify({ filter, orderBy })
  const list = useMemo(
    () => createRunList(pawl, feed, { ...(JSON.parse(key) as UseRunsOptions), pageSize, initial }),
    [pawl, feed, key, pageSize],
  )
  const state = useLive(list)
  const { loadMore } = list
  return useMemo(() => ({ ...state, loadMore }), [state, loadMore])
}

/** What `useRun` returns. */
export interface UseRunResult {
  /** The known fields of the run, merged by the store; undefined while unknown, and after its deletion. */
  readonly run: StoredRun | undefined
  /**
   * The last full reading of the run, with its phases, its graph and its missing evidence. It is older than `run` while
   * `detail.revision` is below `run.revision`.
   */
  readonly detail: RunDetail | undefined
  /** Whether nothing is known of it yet. */
  readonly isLoading: boolean
  /** Whether the run does not exist (any more), or the caller may not see it. */
  readonly isMissing: boolean
  /** Why reading has stopped or the last read failed; undefined if nothing failed. */
  readonly error: unknown
}

/** A run, kept up to date while it can change. */
export function useRun(runId: string, { initial }: ReadOptions<RunDetail | null> = {}): UseRunResult {
  const { pawl, feed } = usePawlContext()
  const { store } = feed
  const reader = useMemo(() => createRunReader(pawl, store, runId, initial), [pawl, store, runId])
  const { detail, isMissing: wasMissing, error } = useLive(reader)
  const subscribe = useCallback((listener: () => void) => store.subscribe(runId, listener), [store, runId])
  const handed = useMemo(() => (initial ? storeOf([initial]).get(runId) : undefined), [initial, runId])
  const known = useSyncExternalStore(
    subscribe,
    () => store.get(runId),
    () => store.get(runId),
  )
  const run = known ?? (store.isDeleted(runId) ? undefined : handed)
  const isMissing = wasMissing || store.isDeleted(runId)
  return useMemo(
    () => ({ run, detail, isLoading: !run && !isMissing && error === undefined, isMissing, error }),
    [run, detail, isMissing, error],
  )
}

/** The log of a run from its beginning, then live, until the run is final. */
export function useRunEvents(runId: string): Lines<RunEvent> {
  const pawl = usePawl()
  return useLive(useMemo(() => createLines((options) => pawl.runs.events(runId, options)), [pawl, runId]))
}

/** What `useTranscript` returns. */
export interface UseTranscriptResult extends Lines<TranscriptEntry> {
  /** The entries with their updates in them, in the order in which they began; the same array until one comes. */
  readonly entries: readonly FoldedEntry[]
}

/** The transcript of a session from its beginning, then live, until the session is over. */
export function useTranscript(sessionId: string): UseTranscriptResult {
  const pawl = usePawl()
  const { lines, fold } = useMemo(
    () => ({
      lines: createLines((options) => pawl.sessions.transcript(sessionId, options)),
      fold: new TranscriptFold(),
    }),
    [pawl, sessionId],
  )
  const state = useLive(lines)
  return useMemo(() => {
    fold.add(state.items)
    return { ...state, entries: fold.entries }
  }, [state, fold])
}
