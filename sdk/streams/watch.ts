import type { Connection } from '../request/connection.ts'
import { PawlConnectionError } from '../kit/errors.ts'
import * as g from '../generated/graphql.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import { createStream } from './stream.ts'
import type { StreamOptions } from './stream.ts'
import type { Subscribe } from './delivery.ts'
import type { Directive, RunEvent, RunFrame, RunOffer, RunsChange } from '../request/types.ts'

/** What streams need: a way to subscribe, and queries for the state of a run. */
export interface Streams {
  readonly connection: Connection
  readonly requests: Requests
  readonly subscribe: Subscribe
}

/** What `runs.watch` takes. */
export interface WatchOptions extends StreamOptions {
  /** The last known revision; frames up to it are skipped. */
  readonly after?: number | undefined
  /** Ends with the first settled frame, even if the run can be resumed. Default false. */
  readonly untilSettled?: boolean | undefined
  /** Puts the whole run into each frame. Default false. */
  readonly withRun?: boolean | undefined
}

/** What `runs.events` takes. */
export interface EventsOptions extends StreamOptions {
  /** The `seq` of the last known event. Default 0: from the beginning. */
  readonly after?: number | undefined
  /** Ends when the run has settled and every event was read, even if the run can be resumed. Default false. */
  readonly untilSettled?: boolean | undefined
}

/** What `runs.changes` takes. */
export interface ChangesOptions extends StreamOptions {
  /** Which runs, by fields of a run that cannot change. Default: all that the token may see. */
  readonly filter?: g.RunsFeedFilter | undefined
  /** A cursor from `runs.list` or an earlier change. Default: from now on. */
  readonly after?: string | undefined
}

/** What `runs.offers` takes. */
export interface OffersOptions extends StreamOptions {
  /** Which runs. Default: all that the token may claim. */
  readonly filter?: g.RunOfferFilter | undefined
}

/** What `runs.directives` takes. */
export interface DirectivesOptions extends StreamOptions {
  /** The fence of the caller's claim: `lease.fence`. */
  readonly fence: number
}

/** Streams the run's current status, then each change; never an older one. A slow reader gets only the newest. */
export function watchRun(
  streams: Streams,
  runId: string,
  options: WatchOptions,
): AsyncIterableIterator<RunFrame> {
  const { untilSettled = false, withRun = false } = options
  let revision = options.after ?? -1
  return createStream<RunFrame>(
    streams,
    {
      open: (delivery) =>
        streams.subscribe(
          g.RunChangedDocument,
          {
            runId,
            after: revision < 0 ? null : revision,
            until: untilSettled ? 'SETTLED' : 'FINAL',
            withRun,
          },
          { ...delivery, newestOnly: true },
        ),
      accept: (frame) => {
        const isOld = frame.revision < revision
        const isNews = frame.revision > revision
        if (isNews) revision = frame.revision
        return { isNews, isLast: !isOld && (frame.isFinal || (untilSettled && frame.isSettled)) }
      },
      isOver: (once) => isRunOver(streams, runId, untilSettled, once, () => true),
    },
    options,
  )
}

/** Streams every event after the cursor, once and in order. */
export function readEvents(
  streams: Streams,
  runId: string,
  options: EventsOptions,
): AsyncIterableIterator<RunEvent> {
  const { untilSettled = false } = options
  let seq = options.after ?? 0
  return createStream<RunEvent>(
    streams,
    {
      open: (delivery) =>
        streams.subscribe(
          g.RunEventAppendedDocument,
          { runId, after: seq, until: untilSettled ? 'SETTLED' : 'FINAL' },
          delivery,
        ) as AsyncIterable<RunEvent>,
      accept: (event) => {
        if (event.seq > seq + 1) throw new PawlConnectionError(`Event ${seq + 1} was lost on the way`)
        const isNews = event.seq > seq
        if (isNews) seq = event.seq
        return { isNews, isLast: false }
      },
      // The last event's seq is the run's revision.
      isOver: (once) => isRunOver(streams, runId, untilSettled, once, (revision) => seq >= revision),
    },
    options,
  )
}

/** Streams every change of the runs that match the filter, from a cursor. */
export function readChanges(streams: Streams, options: ChangesOptions): AsyncIterableIterator<RunsChange> {
  let cursor = options.after
  // What was delivered since the cursor advanced: an interrupted batch is sent again from its beginning.
  const handedOut = new Map<string, number>()
  return createStream<RunsChange>(
    streams,
    {
      async *open(delivery, once) {
        // Without a cursor, what changes before the first item would be lost with the connection.
        cursor ??= (await streams.requests.query(g.FeedCursorDocument, once)).feedCursor
        const variables = { filter: options.filter, after: cursor }
        yield* streams.subscribe(g.RunsChangedDocument, variables, delivery)
      },
      accept: (change) => {
        const rank = change.kind === 'DELETED' ? Infinity : change.revision
        const isNews = rank > (handedOut.get(change.runId) ?? -1)
        if (change.cursor !== cursor) handedOut.clear()
        if (isNews) handedOut.set(change.runId, rank)
        cursor = change.cursor
        return { isNews, isLast: false }
      },
    },
    options,
  )
}

/** Streams the runs that the server offers, one after the other. */
export function readOffers(streams: Streams, options: OffersOptions): AsyncIterableIterator<RunOffer> {
  return createStream<RunOffer>(
    streams,
    {
      open: (delivery) => streams.subscribe(g.RunOfferedDocument, { filter: options.filter }, delivery),
      accept: () => ({ isNews: true, isLast: false }),
      isOver: async () => false,
    },
    options,
  )
}

/** Streams the owner's current directive, then each change, and each message to the owner once. */
export function readDirectives(
  streams: Streams,
  runId: string,
  options: DirectivesOptions,
): AsyncIterableIterator<Directive> {
  let standing: g.DirectiveKind | undefined
  const messages = new Set<string>()
  return createStream<Directive>(
    streams,
    {
      open: (delivery) =>
        streams.subscribe(g.DirectiveIssuedDocument, { runId, fence: options.fence }, delivery),
      accept: (directive) => {
        const { kind, message } = directive
        // Every connection starts with directives that the previous one may have delivered.
        const isNews = message ? !messages.has(message.id) : kind !== standing
        if (message) messages.add(message.id)
        else standing = kind
        return { isNews, isLast: kind === 'LEASE_LOST' }
      },
      isOver: () => standing === 'STOP',
    },
    options,
  )
}

/**
 * Whether the run's stream is over: the run is final (or settled, with `untilSettled`) and read to the end, or deleted.
 */
async function isRunOver(
  { requests }: Streams,
  runId: string,
  untilSettled: boolean,
  once: CallOptions,
  isRead: (revision: number) => boolean,
): Promise<boolean> {
  const run = await requests.query(g.RunPositionDocument, { ...once, id: runId })
  if (!run) return true
  return (run.isFinal || (untilSettled && run.isSettled)) && isRead(run.revision)
}
