import { MOST_ATTEMPTS } from '../lifecycle/decideWorkspace.ts'
import type { WorkspaceOperation } from '../lifecycle/workspaces.ts'
import { listInFlight } from '../store/listStartable.ts'
import { openTail, type Tail } from './openTail.ts'
import { ALL_WORKSPACES } from './signals.ts'
import type { Streams, TailOptions } from './streams.ts'
import type { WakeUp } from './wakeUps.ts'

/** What the stream of a machine's worker is opened with. */
export interface TailRequestsOptions extends TailOptions {
  readonly host: string
  /** The projects that the subscriber may see; null: all. */
  readonly projects: readonly string[] | null
}

/**
 * What the worker of a machine is asked to do: the operations that may be started now, in the order in which they were asked
 * for, then each as it comes; one whose worker was lost comes again when its deadline has passed. Does not end by itself.
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
  { host, projects, guard }: TailRequestsOptions,
  wakeUp: WakeUp,
) {
  // the attempt that each was told after: told again only when it was started since, and its worker lost
  let told = new Map<string, number>()
  let nextInMs: number | undefined
  const { pool } = streams.store
  do {
    await guard?.()
    const question = `requests of ${JSON.stringify([host, projects])}`
    const inFlight = await streams.share(question, () => listInFlight(pool, host, projects, MOST_ATTEMPTS))
    const before = told
    told = new Map()
    nextInMs = undefined
    for (const { operation, startableInMs } of inFlight) {
      const { id, attempt } = operation
      const isTold = before.get(id) === attempt
      if (isTold) told.set(id, attempt)
      else if (startableInMs > 0) nextInMs = Math.min(nextInMs ?? Infinity, startableInMs)
      else {
        told.set(id, attempt)
        yield operation
      }
    }
  } while (await wakeUp.wait(nextInMs))
}
