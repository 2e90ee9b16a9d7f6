import * as g from '../generated/graphql.ts'
import { createStream } from './stream.ts'
import type { StreamOptions } from './stream.ts'
import type { CallOptions } from '../request/request.ts'
import type { RequestedOperation, Workspace } from '../request/types.ts'
import type { Streams } from './watch.ts'

/** What `workspaces.watch` takes. */
export interface WatchWorkspaceOptions extends StreamOptions {
  /** The last known revision; frames up to it are skipped. */
  readonly after?: number | undefined
}

/** Streams the current workspace, then each change; never an older revision. A slow reader gets only the newest. */
export function watchWorkspace(
  streams: Streams,
  workspaceId: string,
  options: WatchWorkspaceOptions,
): AsyncIterableIterator<Workspace> {
  let revision = options.after ?? 0
  return createStream<Workspace>(
    streams,
    {
      open: (delivery) =>
        streams.subscribe(
          g.WorkspaceChangedDocument,
          { workspaceId, after: revision },
          { ...delivery, newestOnly: true },
        ),
      accept: (frame) => {
        const isNews = frame.revision > revision
        if (isNews) revision = frame.revision
        return { isNews, isLast: frame.status === 'REMOVED' }
      },
      isOver: (once) => isRemoved(streams, workspaceId, revision, once),
    },
    options,
  )
}

/**
 * Streams the operations requested from the worker of a machine. Every connection starts with those that can be
 * started.
 */
export function readWorkspaceRequests(
  streams: Streams,
  host: string,
  options: StreamOptions,
): AsyncIterableIterator<RequestedOperation> {
  return createStream<RequestedOperation>(
    streams,
    {
      open: (delivery) => streams.subscribe(g.WorkspaceOperationRequestedDocument, { host }, delivery),
      accept: () => ({ isNews: true, isLast: false }),
    },
    options,
  )
}

/** Whether nothing can follow: the workspace does not exist, or it is REMOVED and the reader got that revision. */
async function isRemoved(
  { requests }: Streams,
  workspaceId: string,
  revision: number,
  once: CallOptions,
): Promise<boolean> {
  const node = await requests.query(g.WorkspacePositionDocument, { ...once, id: workspaceId })
  if (node?.__typename !== 'Workspace') return true
  return node.status === 'REMOVED' && revision >= node.revision
}
