import type { Pawl, RunDetail, RunEvent, RunFilter, RunOrder, StoredRun, TranscriptChunk } from '@pawl/sdk'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import type { ConnectionState, RunFeed } from './feed.ts'
import { createLines } from './lines.ts'
import type { Lines } from './lines.ts'
import type { Live } from './live.ts'
import { usePawlContext } from './provider.ts'
import { createRunList } from './runList.ts'
import { createRunReader } from './runReader.ts'

/** The client of the `PawlProvider` above. */
export function usePawl(): Pawl {
  return usePawlContext().pawl
}

/** The feed of the `PawlProvider` above; `feed.store` is its store. */
export function useRunFeed(): RunFeed {
  return usePawlContext().feed
}

/** How the page stands to the server, and since when. Keeps the feed going. */
export function useConnection(): ConnectionState {
  return useLive(usePawlContext().feed.connection)
}

/** What `useRuns` takes. */
export interface UseRunsOptions {
  /** Which runs; left out: all that may be seen. */
  readonly filter?: RunFilter | undefined
  /** Which are read first. Default `CREATED_DESC`. */
  readonly orderBy?: RunOrder | undefined
  /** How many are read at once, at most 500. Default 100. */
  readonly pageSize?: number | undefined
}

/** What `useRuns` returns. */
export interface UseRunsResult {
  /** All that are known and match, the oldest first; the same array as long as none is different. */
  readonly runs: readonly StoredRun[]
  /** Whether a page is being read. */
  readonly isLoading: boolean
  /** Whether the server has more that match: `loadMore` reads them. */
  readonly hasMore: boolean
  /** Why it is read no further, or the last page was not read; undefined where nothing failed. */
  readonly error: unknown
  /** Reads the next page; does nothing while one is being read, or where there is none. */
  loadMore(): void
}

/** The runs that match a filter, kept up to date: they come, change and leave by themselves. */
export function useRuns({ filter, orderBy, pageSize }: UseRunsOptions = {}): UseRunsResult {
  const { pawl, feed } = usePawlContext()
  const key = JSON.stringify(filter ?? {})
  const list = useMemo(
    () => createRunList(pawl, feed, { filter: JSON.parse(key) as RunFilter, orderBy, pageSize }),
    [pawl, feed, key, orderBy, pageSize],
  )
  const state = useLive(list)
  const { loadMore } = list
  return useMemo(() => ({ ...state, loadMore }), [state, loadMore])
}

/** What `useRun` returns. */
export interface UseRunResult {
  /** What is known of the run, by the merge rule; undefined until then, and where it is gone. */
  readonly run: StoredRun | undefined
  /**
   * The run as it was last read whole, with its phases, its graph and what it lacks. While `detail.revision` is below
   * `run.revision` it is a little older than `run`.
   */
  readonly detail: RunDetail | undefined
  /** Whether nothing is known of it yet. */
  readonly isLoading: boolean
  /** Whether there is no such run (any more), or none that the caller may see. */
  readonly isMissing: boolean
  /** Why it is read no further, or the last page was not read; undefined where nothing failed. */
  readonly error: unknown
}

/** A run, kept up to date for as long as it can change. */
export function useRun(runId: string): UseRunResult {
  const { pawl, feed } = usePawlContext()
  const { store } = feed
  const reader = useMemo(() => createRunReader(pawl, store, runId), [pawl, store, runId])
  const { detail, isMissing: wasMissing, error } = useLive(reader)
  const subscribe = useCallback((listener: () => void) => store.subscribe(runId, listener), [store, runId])
  const run = useSyncExternalStore(
    subscribe,
    () => store.get(runId),
    () => store.get(runId),
  )
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

/** What the agent of a session has put out from the beginning, then live, until the session is over. */
export function useTranscript(sessionId: string): Lines<TranscriptChunk> {
  const pawl = usePawl()
  return useLive(
    useMemo(() => createLines((options) => pawl.sessions.transcript(sessionId, options)), [pawl, sessionId]),
  )
}

function useLive<State>({ subscribe, get }: Live<State>): State {
  return useSyncExternalStore(subscribe, get, get)
}
