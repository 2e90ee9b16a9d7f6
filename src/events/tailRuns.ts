import { decodeFeedCursor, encodeFeedCursor, type FeedCursor } from '../store/feed/feedCursor.ts'
import type { FeedChange } from '../store/feed/feedPage.ts'
import { type LoadedRun, loadRuns } from '../store/run/loadRun.ts'
import type { FeedBatch } from './feedReader.ts'
import { openTail, type Tail } from './openTail.ts'
import { ALL_RUNS } from './signals.ts'
import type { Streams, TailOptions } from './streams.ts'
import type { WakeUp } from './wakeUps.ts'

/** Which runs the feed reports. It filters only by immutable properties, so that no run leaves the feed silently. */
export interface FeedFilter {
  readonly project?: string | null | undefined
  /** Name of the workflow. */
  readonly workflow?: string | null | undefined
  /** Labels that a run must all carry. */
  readonly labels?: readonly string[] | null | undefined
}

/** Options of `tailRuns`. */
export interface TailRunsOptions extends TailOptions {
  readonly filter?: FeedFilter | undefined
  /** The projects visible to the subscriber; null: all. */
  readonly projects: readonly string[] | null
  /** A cursor of the feed or of a listing to resume from; default: from now. */
  readonly after?: string | null | undefined
}

/** A run that changed or was deleted. */
export type RunsChange = {
  /** The cursor to resume from: the `after` of a later subscription. */
  readonly cursor: string
  readonly runId: string
  /** The revision of `run`; for a deleted run, greater than any it had. */
  readonly revision: number
} & (
  | { readonly kind: 'UPSERTED'; readonly run: LoadedRun }
  | { readonly kind: 'DELETED'; readonly run: null }
)

/** A change that is not yet known to be the last of its batch. */
type PendingChange = RunsChange extends infer Change
  ? Change extends RunsChange
    ? Omit<Change, 'cursor'>
    : never
  : never

/** Maximum number of runs loaded at once, which bounds what a stalled reader holds in memory. */
const LOAD_BATCH = 50

/**
 * The feed across runs: the current state of each run that changed since the cursor, and each run that was deleted. A
 * run may be reported twice, but is never left out, and never reported after its deletion. It does not end on its own.
 *
 * Only the last change of a batch carries the cursor after the batch; those before it carry the cursor at which the
 * batch began, so that a reader that stops in between receives the whole batch again.
 *
 * Rejects with CursorExpiredError (code CURSOR_EXPIRED) if the feed cannot resume from the cursor; the tail itself
 * fails with it if the database restarts while it is open.
 */
export async function tailRuns(streams: Streams, options: TailRunsOptions): Promise<Tail<RunsChange>> {
  const { after } = options
  const cursor = after == null ? await streams.feed.open() : await decodeFeedCursor(streams.store, after)
  if (after != null) await streams.feed.openAt(cursor)
  return openTail({
    subscribe: () => streams.signals.subscribe(ALL_RUNS),
    items: (wakeUp) => followRuns(streams, options, cursor, wakeUp),
    signal: options.signal,
  })
}

async function* followRuns(
  streams: Streams,
  options: TailRunsOptions,
  start: FeedCursor,
  wakeUp: WakeUp,
): AsyncGenerator<RunsChange, void, void> {
  let cursor = start
  do {
    for (let caughtUp = false; !caughtUp;) {
      await options.guard?.()
      const { batch, fresh } = await streams.feed.next(cursor)
      yield* attachCursors(streams, filterBatch(streams, options, batch), batch)
      cursor = batch.to
      caughtUp = fresh
    }
  } while (await wakeUp.wait())
}

/** Gives the last change the cursor after the batch, and all others the cursor before it. */
async function* attachCursors(
  { store }: Streams,
  changes: AsyncIterable<PendingChange>,
  { from, to }: FeedBatch,
): AsyncGenerator<RunsChange, void, void> {
  let before: string | undefined
  let held: PendingChange | undefined
  for await (const change of changes) {
    if (held) yield { ...held, cursor: (before ??= await encodeFeedCursor(store, from)) }
    held = change
  }
  if (held) yield { ...held, cursor: await encodeFeedCursor(store, to) }
}

/** The changes of a batch that match the filter and are visible to the subscriber, page by page. */
async function* filterBatch(
  streams: Streams,
  { filter = {}, projects, guard }: TailRunsOptions,
  batch: FeedBatch,
): AsyncGenerator<PendingChange, void, void> {
  let page = batch.first
  for (;;) {
    const wanted = page.changes.filter((change) => isWanted(change, filter, projects))
    for (let index = 0; index < wanted.length; index += LOAD_BATCH)
      yield* await loadChanges(streams, wanted.slice(index, index + LOAD_BATCH))
    if (!page.more) return
    await guard?.()
    page = await streams.feed.nextPage(batch, page.more)
  }
}

function isWanted(change: FeedChange, filter: FeedFilter, projects: readonly string[] | null): boolean {
  return (
    (projects === null || projects.includes(change.project)) &&
    (filter.project == null || filter.project === change.project) &&
    (filter.workflow == null || filter.workflow === change.workflow) &&
    (filter.labels ?? []).every((label) => change.labels.includes(label))
  )
}

/** The changes with the current state of their runs. A run deleted in between is left out: its tombstone follows. */
async function loadChanges(streams: Streams, changes: readonly FeedChange[]): Promise<PendingChange[]> {
  const ids = changes.filter(({ kind }) => kind === 'UPSERTED').map(({ runId }) => runId)
  const runs = new Map((await readRuns(streams, ids)).map((loaded) => [loaded.run.id, loaded]))
  return changes.flatMap(({ kind, runId, revision }): PendingChange[] => {
    if (kind === 'DELETED') return [{ kind, runId, revision, run: null }]
    const run = runs.get(runId)
    return run ? [{ kind, runId, revision: run.run.revision, run }] : []
  })
}

async function readRuns(streams: Streams, ids: readonly string[]): Promise<LoadedRun[]> {
  if (ids.length === 0) return []
  return streams.share(`runs ${ids.join()}`, () => loadRuns(streams.store.pool, streams.store, ids))
}
