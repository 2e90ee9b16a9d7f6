import { findWorkspaces } from '../store/workspace/findWorkspaces.ts'
import type { LoadedWorkspace } from '../store/workspace/loadedWorkspace.ts'
import { openTail, type Tail } from './openTail.ts'
import { assertNotBeyond, type Streams, type TailOptions } from './streams.ts'
import type { WakeUp } from './wakeUps.ts'

/** Options of `tailWorkspace`. */
export interface TailWorkspaceOptions extends TailOptions {
  readonly workspaceId: string
  /** The revision the reader has; default: none, so that the current state comes first. */
  readonly after?: number | undefined
}

/**
 * The current state of the workspace, then its state after each change, never an older state after a newer one. A slow
 * reader skips superseded states. Ends after the frame of a removed workspace, and when the workspace does not exist.
 */
export function tailWorkspace(streams: Streams, options: TailWorkspaceOptions): Tail<LoadedWorkspace> {
  return openTail({
    subscribe: () => streams.signals.subscribe(options.workspaceId),
    items: (wakeUp) => followWorkspace(streams, options, wakeUp),
    signal: options.signal,
  })
}

async function* followWorkspace(
  streams: Streams,
  { workspaceId, guard, after: from = 0 }: TailWorkspaceOptions,
  wakeUp: WakeUp,
) {
  let after = from
  do {
    await guard?.()
    const loaded = await readWorkspace(streams, workspaceId)
    if (!loaded) return
    const { revision, status } = loaded.workspace
    assertNotBeyond(after, revision)
    if (revision > after) {
      after = revision
      yield loaded
    }
    if (status === 'REMOVED') return
  } while (await wakeUp.wait())
}

function readWorkspace(streams: Streams, workspaceId: string): Promise<LoadedWorkspace | null> {
  return streams.share(`workspace ${workspaceId}`, async () => {
    const [loaded] = await findWorkspaces(streams.store.pool, [workspaceId])
    return loaded ?? null
  })
}
