import type { Connection } from '../request/connection.ts'
import { PawlConnectionError } from '../kit/errors.ts'
import * as g from '../generated/graphql.ts'
import type { Requests } from '../request/request.ts'
import { createStream } from './stream.ts'
import type { StreamOptions } from './stream.ts'
import type { Subscribe } from './delivery.ts'
import type { Directive, RunEvent, RunFrame, RunsChange } from '../request/types.ts'

/** What streams need: how to subscribe, and how to ask where a run stands. */
export interface Streams {
  readonly connection: Connection
  readonly requests: Requests
  readonly subscribe: Subscribe
}

/** What `runs.watch` takes. */
export interface WatchOptions extends StreamOptions {
  /** The revision that is known already; frames up to it are left out. */
  readonly after?: number | undefined
  /** Ends with the first settled frame, also of a run that may be resumed. Default false. */
  readonly untilSettled?: boolean | undefined
  /** Puts the whole run into each frame. Default false. */
  readonly withRun?: boolean | undefined
}

/** What `runs.events` takes. */
export interface EventsOptions extends StreamOptions {
  /** The `seq` of the last event that is known already. Default 0: from the beginning. */
  readonly after?: number | undefined
  /** Ends when the run has settled and every event was read, also of a run that may be resumed. Default false. */
  readonly untilSettled?: boolean | undefined
}

/** What `runs.changes` takes. */
export interface ChangesOptions extends StreamOptions {
  /** Which runs; only by what of a run can't change. Default: all that the token may see. */
  readonly filter?: g.RunsFeedFilter | undefined
  /** A cursor from `runs.list` or an earlier change. Default: from now on. */
  readonly after?: string | undefined
}

/** What `runs.directives` takes. */
export interface DirectivesOptions extends StreamOptions {
  /** The fence of the caller's claim: `lease.fence`. */
  readonly fence: number
}

/** The run's status now, then after each change; never an older one. A slow reader gets the newest alone. */
export function watchRun(
  streams: Streams,
  runId: string,
  options: WatchOptions,
): AsyncIterableIterator<RunFrame> {
  const { untilSettled = false, withRun = false } = options
  let revision = options.after ?? -1
  return createStream<RunFrame>(
    streams.connection,
    {
      open: (delivery) => {
        const variables = { runId, after: revision < 0 ? null : revision, untilSettled, withRun }
        const frames = streams.subscribe(g.RunStatusDocument, variables, { ...delivery, newestOnly: true })
        return pick(frames, (data) => data.runStatus)
      },
      accept: (frame) => {
        const isOld = frame.revision < revision
        const isNews = frame.revision > revision
        if (isNews) revision = frame.revision
        return { isNews, isLast: !isOld && (frame.isFinal || (untilSettled && frame.isSettled)) }
      },
      isOver: () => isRunOver(streams, runId, untilSettled, options, () => true),
    },
    options,
  )
}

/** Every event after the cursor, once and in order. */
export function readEvents(
  streams: Streams,
  runId: string,
  options: EventsOptions,
): AsyncIterableIterator<RunEvent> {
  const { untilSettled = false } = options
  let seq = options.after ?? 0
  return createStream<RunEvent>(
    streams.connection,
    {
      open: (delivery) => {
        const variables = { runId, after: seq, untilSettled }
        const events = streams.subscribe(g.RunEventsDocument, variables, { ...delivery, newestOnly: false })
        return pick(events, (data) => data.runEvents as RunEvent)
      },
      accept: (event) => {
        if (event.seq > seq + 1) throw new PawlConnectionError(`Event ${seq + 1} was lost on the way`)
        const isNews = event.seq > seq
        if (isNews) seq = event.seq
        return { isNews, isLast: false }
      },
      // The last event's seq is the run's revision.
      isOver: () => isRunOver(streams, runId, untilSettled, options, (revision) => seq >= revision),
    },
    options,
  )
}

/** Every change of the runs that the filter admits, from a cursor. */
export function readChanges(streams: Streams, options: ChangesOptions): AsyncIterableIterator<RunsChange> {
  let cursor = options.after
  // What was handed out since the cursor moved: a batch that broke off comes again from its beginning.
  const handedOut = new Map<string, number>()
  return createStream<RunsChange>(
    streams.connection,
    {
      async *open(delivery) {
        // Without a cursor, what changes before the first item would be lost with the connection.
        cursor ??= await readFeedCursor(streams, options)
        const variables = { filter: options.filter, after: cursor }
        const changes = streams.subscribe(g.RunsChangedDocument, variables, {
          ...delivery,
          newestOnly: false,
        })
        yield* pick(changes, (data) => data.runsChanged)
      },
      accept: (change) => {
        const rank = change.kind === 'DELETED' ? Infinity : change.revision
        const isNews = rank > (handedOut.get(change.runId) ?? -1)
        if (change.cursor !== cursor) handedOut.clear()
        if (isNews) handedOut.set(change.runId, rank)
        cursor = change.cursor
        return { isNews, isLast: false }
      },
      isOver: async () => false,
    },
    options,
  )
}

/** What the owner of a claim is to do: now, then whenever it changes; and each message to it, once. */
export function readDirectives(
  streams: Streams,
  runId: string,
  options: DirectivesOptions,
): AsyncIterableIterator<Directive> {
  let standing: g.DirectiveKind | undefined
  const messages = new Set<string>()
  return createStream<Directive>(
    streams.connection,
    {
      open: (delivery) => {
        const variables = { runId, fence: options.fence }
        const directives = streams.subscribe(g.DirectivesDocument, variables, {
          ...delivery,
          newestOnly: false,
        })
        return pick(directives, (data) => data.directives)
      },
      accept: (directive) => {
        const { kind, message } = directive
        // Every connection begins with what the last one may have told.
        const isNews = message ? !messages.has(message.id) : kind !== standing
        if (message) messages.add(message.id)
        else standing = kind
        return { isNews, isLast: kind === 'LEASE_LOST' }
      },
      isOver: async () => standing === 'STOP',
    },
    options,
  )
}

/** Asked once: the stream tries again as a whole. */
async function readFeedCursor({ requests }: Streams, { signal, retry }: StreamOptions): Promise<string> {
  return (await requests.query(g.FeedCursorDocument, {}, { signal, retry: { ...retry, attempts: 1 } })).runs
    .feedCursor
}

/** What the caller wants of each answer. */
export async function* pick<R, Item>(
  source: AsyncIterable<R>,
  choose: (data: R) => Item,
): AsyncGenerator<Item> {
  for await (const data of source) yield choose(data)
}

/** Whether the run, by its own word, brings nothing more. A run that is gone brings nothing. */
async function isRunOver(
  { requests }: Streams,
  runId: string,
  untilSettled: boolean,
  { signal, retry }: StreamOptions,
  isRead: (revision: number) => boolean,
): Promise<boolean> {
  const { run } = await requests.query(
    g.RunPositionDocument,
    { id: runId },
    { signal, retry: { ...retry, attempts: 1 } },
  )
  if (!run) return true
  return (run.isFinal || (untilSettled && run.isSettled)) && isRead(run.revision)
}
