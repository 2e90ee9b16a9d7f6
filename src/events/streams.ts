import { isFinalStatus, isSettledStatus, type RunStatus } from '../lifecycle/run/words.ts'
import { type EventPage, readEvents } from '../store/run/readEvents.ts'
import { type LoadedRun, loadRuns } from '../store/run/loadRun.ts'
import type { Store } from '../store/sql/openStore.ts'
import { type FeedReader, openFeedReader } from './feedReader.ts'
import { openShareReads, type ShareReads } from './shareReads.ts'
import type { Signals } from './signals.ts'

/** What streams are opened with. */
export interface StreamsOptions {
  readonly store: Store
  readonly signals: Signals
  /**
   * Called when a stream meets a run whose lease has expired, once for all who read it together, so that somebody
   * moves it on (G5). It must neither throw nor be waited for; default: nothing is done.
   */
  readonly onDue?: (runId: string) => void
}

/** What every stream of a process reads with. */
export interface Streams {
  readonly store: Store
  readonly signals: Signals
  readonly share: ShareReads
  readonly feed: FeedReader
  readonly onDue: (runId: string) => void
}

/** What every stream may be opened with. */
export interface TailOptions {
  /** Ends the stream at once when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** Called before each read; what it throws ends the stream. For the validity of the subscriber's token. */
  readonly guard?: (() => Promise<void>) | undefined
}

/** What a stream about one run may be opened with. */
export interface RunTailOptions extends TailOptions {
  /** Ends the stream when the run is settled, though it might be resumed; default: only when it is final. */
  readonly untilSettled?: boolean | undefined
}

/** Opens what the streams of a process share: reads that are wanted by several are sent once. */
export function openStreams({ store, signals, onDue = () => undefined }: StreamsOptions): Streams {
  const share = openShareReads()
  return { store, signals, share, feed: openFeedReader(store, share), onDue }
}

/** True for a status after which a stream about one run tells nothing more. */
export function endsWith(status: RunStatus, { untilSettled = false }: RunTailOptions): boolean {
  return isFinalStatus(status) || (untilSettled && isSettledStatus(status))
}

/** How many events are read at once. */
const EVENT_PAGE = 100

/** The next events of a run; null where there is no such run. */
export function readNextEvents(streams: Streams, runId: string, after: number): Promise<EventPage | null> {
  return streams.share(`events of ${runId} after ${after}`, async () => {
    const page = await readEvents(streams.store.pool, runId, after, EVENT_PAGE)
    if (page?.leaseExpired) streams.onDue(runId)
    return page
  })
}

/** A run as it is now; null where there is none. */
export function readPresent(streams: Streams, runId: string): Promise<LoadedRun | null> {
  return streams.share(`run ${runId}`, async () => {
    const [loaded] = await loadRuns(streams.store.pool, streams.store, [runId])
    if (loaded && isLeaseExpired(loaded)) streams.onDue(runId)
    return loaded ?? null
  })
}

function isLeaseExpired({ run, now }: LoadedRun): boolean {
  const expiresAt = run.settledAt === null ? run.claim?.expiresAt : undefined
  return expiresAt != null && expiresAt <= now
}
