import { MAX_ATTEMPTS } from '../lifecycle/workspace/decideWorkspace.ts'
import type { WorkspaceOperation } from '../lifecycle/workspace/workspace.ts'
import { listInFlight } from '../store/workspace/listInFlight.ts'
import { openTail, type Tail } from './openTail.ts'
import { ALL_WORKSPACES } from './signals.ts'
import type { Streams, TailOptions } from './streams.ts'
import type { WakeUp } from './wakeUps.ts'

/** What the stream of a machine's worker is opened with. */
export interface TailRequestsOptions extends TailOptions {
  readonly host: string
  /** The projects that the subscriber may see; null: all. */
  readonly projects: readonly string[] | null
  /** After how long one that nobody has started is told again, in milliseconds; default a minute. */
  readonly againMs?: number | undefined
}

const AGAIN_MS = 60_000

/**
 * What the worker of a machine is asked to do: the operations that may be started now, in the order in which they were asked
 * for, then each as it comes. One whose worker was lost comes again when its deadline has passed, one that nobody has started
 * from time to time: whoever was told of it may have failed to. Does not end by itself.
 */
export function tailRequests(streams: Streams, options: TailRequestsOptions): Tail<WorkspaceOperation> {
  return openTail({
    subscribe: () => streams.signals.subscribe(ALL_WORKSPACES),
    items: (wakeUp) => followRequests(streams, options, wakeUp),
    signal: options.signal,
  })
}

async function* followRequests(
  streams: Streams,
  { host, projects, guard, againMs = AGAIN_MS }: TailRequestsOptions,
  wakeUp: WakeUp,
) {
  // the attempt that each was told after, and when: told again when its worker was lost, or when nobody has started it
  let told = new Map<string, { readonly attempt: number; readonly at: number }>()
  let nextInMs: number | undefined
  const { pool } = streams.store
  do {
    await guard?.()
    const question = `requests of ${JSON.stringify([host, projects])}`
    const inFlight = await streams.share(question, () => listInFlight(pool, host, projects, MAX_ATTEMPTS))
    const before = told
    told = new Map()
    nextInMs = undefined
    for (const { operation, startableInMs } of inFlight) {
      const { id, attempt } = operation
      const now = performance.now()
      const last = before.get(id)
      if (startableInMs > 0) nextInMs = Math.min(nextInMs ?? Infinity, startableInMs)
      else if (last?.attempt === attempt && now - last.at < againMs) told.set(id, last)
      else {
        told.set(id, { attempt, at: now })
        yield operation
      }
    }
  } while (await wakeUp.wait(nextInMs))
}
