import * as g from '../generated/graphql.ts'
import { createStream } from './stream.ts'
import type { StreamOptions } from './stream.ts'
import type { RequestedOperation, Workspace } from '../request/types.ts'
import { pick } from './watch.ts'
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
    streams.connection,
    {
      open: (delivery) => {
        const variables = { workspaceId, after: revision }
        const frames = streams.subscribe(g.WorkspaceChangedDocument, variables, {
          ...delivery,
          newestOnly: true,
        })
        return pick(frames, (data) => data.workspaceChanged)
      },
      accept: (frame) => {
        const isNews = frame.revision > revision
        if (isNews) revision = frame.revision
        return { isNews, isLast: frame.status === 'REMOVED' }
      },
      isOver: () => isRemoved(streams, workspaceId, revision, options),
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
    streams.connection,
    {
      open: (delivery) => {
        const requests = streams.subscribe(
          g.WorkspaceRequestsDocument,
          { host },
          { ...delivery, newestOnly: false },
        )
        return pick(requests, (data) => data.workspaceRequests)
      },
      accept: () => ({ isNews: true, isLast: false }),
      isOver: async () => false,
    },
    options,
  )
}

/** Whether nothing can follow: the workspace does not exist, or it is REMOVED and the reader got that revision. */
async function isRemoved(
  { requests }: Streams,
  workspaceId: string,
  revision: number,
  { signal, retry }: StreamOptions,
): Promise<boolean> {
  const node = await requests.query(g.WorkspacePositionDocument, { id: workspaceId, signal, retry: { ...retry, attempts: 1 } })
  if (node?.__typename !== 'Workspace') return true
  return node.status === 'REMOVED' && revision >= node.revision
}
