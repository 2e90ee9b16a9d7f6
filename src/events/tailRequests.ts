import { MAX_ATTEMPTS } from '../lifecycle/workspace/decideWorkspace.ts'
import type { WorkspaceOperation } from '../lifecycle/workspace/workspace.ts'
import { listInFlight } from '../store/workspace/listInFlight.ts'
import { openTail, type Tail } from './openTail.ts'
import { ALL_WORKSPACES } from './signals.ts'
import type { Streams, TailOptions } from './streams.ts'
import type { WakeUp } from './wakeUps.ts'

/** Options of `tailRequests`. */
export interface TailRequestsOptions extends TailOptions {
  readonly host: string
  /** The projects visible to the subscriber; null: all. */
  readonly projects: readonly string[] | null
  /** After how long an operation that no worker has started is sent again, in milliseconds; default one minute. */
  readonly againMs?: number | undefined
}

const AGAIN_MS = 60_000

/**
 * The operations requested of a machine's worker: those that can start now, in the order of their requests, then each
 * new one. An operation is sent again when its worker was lost and its deadline has passed, and periodically while no
 * worker has started it, because the worker that received it may have failed. Does not end on its own.
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
  // the attempt at which each operation was last sent, and when: it is sent again after its worker was lost, or while
  // no worker has started it
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
