import { isFinalStatus, isSettledStatus } from '../lifecycle/run/enums.ts'
import type { Run } from '../lifecycle/run/run.ts'
import { type EventPage, readEvents } from '../store/run/readEvents.ts'
import { type LoadedRun, loadRuns } from '../store/run/loadRun.ts'
import { CursorExpiredError } from '../store/feed/feedCursor.ts'
import type { Store } from '../store/sql/openStore.ts'
import { type FeedReader, openFeedReader } from './feedReader.ts'
import { type Offers, openOffers } from './offers.ts'
import { openShareReads, type ShareReads } from './shareReads.ts'
import type { Signals } from './signals.ts'

/** Options of `openStreams`. */
export interface StreamsOptions {
  readonly store: Store
  readonly signals: Signals
  /**
   * Called when a stream reads a run whose lease has expired, once for all streams that share the read, so that the
   * lapse is applied (G5). It must not throw, and is not awaited; default: does nothing.
   */
  readonly onDue?: (runId: string) => void
  /** How many reads of streams are under way at a time; default 5. Commands need the other connections of the pool. */
  readonly maxReads?: number
}

/** What all streams of a process share. */
export interface Streams {
  readonly store: Store
  readonly signals: Signals
  readonly share: ShareReads
  readonly feed: FeedReader
  readonly offers: Offers
  readonly onDue: (runId: string) => void
}

/** Options of every stream. */
export interface TailOptions {
  /** Ends the stream immediately when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** Called before each read; an error it throws ends the stream. Checks that the subscriber's token is still valid. */
  readonly guard?: (() => Promise<void>) | undefined
}

/** Options of a stream about one run. */
export interface RunTailOptions extends TailOptions {
  /** Ends the stream when the run is settled, even if it could be resumed; default: only when it is final. */
  readonly untilSettled?: boolean | undefined
}

/** Creates what the streams of a process share: a read needed by several of them is sent once. */
export function openStreams({
  store,
  signals,
  onDue = () => undefined,
  maxReads = 5,
}: StreamsOptions): Streams {
  const share = openShareReads(maxReads)
  const offers = openOffers({ store, signals })
  return { store, signals, share, feed: openFeedReader(store, share), offers, onDue }
}

/** Whether a stream about one run ends with it as it is: a settled run whose content was removed can't be resumed. */
export function endsWith(
  { status, contentRemovedAt }: Pick<Run, 'status' | 'contentRemovedAt'>,
  { untilSettled = false }: RunTailOptions,
): boolean {
  return isFinalStatus(status) || contentRemovedAt !== null || (untilSettled && isSettledStatus(status))
}

/**
 * Checks the position that a reader wants to continue after: a log ends before it where the database was restored from a backup, and a
 * reader that waited would get what comes then without what it replaced.
 *
 * @param end the last position of the log
 * @throws CursorExpiredError if it ends before
 */
export function assertNotBeyond(after: number, end: number): void {
  if (after <= end) return
  throw new CursorExpiredError(
    `there is nothing up to ${after}, the last is ${end}: the database was restored from a backup. Read from the beginning`,
  )
}

/** How many events are read at once. */
const EVENT_PAGE = 100

/** The next events of a run; null if the run does not exist. */
export function readNextEvents(streams: Streams, runId: string, after: number): Promise<EventPage | null> {
  return streams.share(`events of ${runId} after ${after}`, async () => {
    const page = await readEvents(streams.store.pool, runId, after, EVENT_PAGE)
    if (page?.leaseExpired) streams.onDue(runId)
    return page
  })
}

/**
 * The events of commits of this process, if the reader stands exactly before them or has them already; null: it must read the log.
 *
 * @param after the `seq` of the last event that the reader has
 */
export function joinAppended(pages: readonly EventPage[] | null, after: number): EventPage | null {
  const last = pages?.at(-1)
  if (!pages || !last || last.revision < after) return null
  const events = pages.flatMap((page) => page.events).filter(({ seq }) => seq > after)
  return events.every(({ seq }, place) => seq === after + 1 + place) ? { ...last, events } : null
}

/** The current state of a run; null if it does not exist. */
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
