import type {
  Approval,
  ApprovalFilter,
  Message,
  Page,
  RunStore,
  SessionDetail,
  WorkspaceDetail,
} from '@pawl/sdk'
import { useMemo } from 'react'
import { usePawlContext } from './provider.ts'
import { createReading } from './reading.ts'
import type { Source } from './reading.ts'
import { useLive } from './useLive.ts'

/** What every hook about one thing takes. */
export interface ReadOptions<Value> {
  /**
   * What a server has read of it for the first drawing, also where a page is drawn on a server: the same on both sides. It is read
   * again afterwards.
   */
  readonly initial?: Value | undefined
}

/** What every hook about something read returns, besides that. */
export interface ReadResult {
  /** Whether nothing is known of it yet. */
  readonly isLoading: boolean
  /** Why reading has stopped or the last read failed; undefined if nothing failed. */
  readonly error: unknown
}

/** What `useApprovals` takes. */
export interface UseApprovalsOptions extends ReadOptions<Page<Approval>> {
  /** Only those of this run, whatever their status. Default: those of all runs that the filter lets pass. */
  readonly runId?: string | undefined
  /** Which of all runs. Default: those that wait for a person. */
  readonly filter?: ApprovalFilter | undefined
  /** How many are read, at most 500. Default 100. */
  readonly pageSize?: number | undefined
}

/** What `useApprovals` returns. */
export interface UseApprovalsResult extends ReadResult {
  /** The newest first; the same array until one changes. */
  readonly approvals: readonly Approval[]
  /** Whether there are more than were read. */
  readonly hasMore: boolean
}

const PENDING: ApprovalFilter = { statuses: ['PENDING'] }
const NONE: readonly never[] = []

/** The questions that wait for a person, or those of one run, kept up to date. */
export function useApprovals({
  runId,
  filter = PENDING,
  pageSize: first = 100,
  initial,
}: UseApprovalsOptions = {}): UseApprovalsResult {
  const { value, ...rest } = useReading<Page<Approval>>(
    JSON.stringify([runId, filter, first]),
    (pawl, store) => ({
      read: (signal) =>
        pawl.approvals.list(runId === undefined ? { filter, first, signal } : { runId, first, signal }),
      mark: (page) => (runId === undefined ? markWaiting(store, page) : markRun(store, runId)),
      runOf: () => runId,
    }),
    initial,
  )
  return { ...rest, approvals: value?.nodes ?? NONE, hasMore: value?.pageInfo.hasNextPage ?? false }
}

/** What `useMessages` takes. */
export interface UseMessagesOptions extends ReadOptions<Page<Message>> {
  /** How many are read, at most 500. Default 100. */
  readonly pageSize?: number | undefined
}

/** What `useMessages` returns. */
export interface UseMessagesResult extends ReadResult {
  /** The newest first; the same array until one changes. */
  readonly messages: readonly Message[]
  /** Whether there are more than were read. */
  readonly hasMore: boolean
}

/** The messages to the agent of a run, each with how far it has come, kept up to date. */
export function useMessages(
  runId: string,
  { pageSize: first = 100, initial }: UseMessagesOptions = {},
): UseMessagesResult {
  const { value, ...rest } = useReading<Page<Message>>(
    JSON.stringify([runId, first]),
    (pawl, store) => ({
      read: (signal) => pawl.messages.list(runId, { first, signal }),
      mark: () => markRun(store, runId),
      runOf: () => runId,
    }),
    initial,
  )
  return { ...rest, messages: value?.nodes ?? NONE, hasMore: value?.pageInfo.hasNextPage ?? false }
}

/** What `useSession` returns. */
export interface UseSessionResult extends ReadResult {
  /** The session with the state of its run; undefined while unknown, and where it is missing. */
  readonly session: SessionDetail | undefined
  /** Whether there is none (any more), or the caller may not see it. */
  readonly isMissing: boolean
}

/** A session, kept up to date; `useTranscript` has what its agent says. */
export function useSession(
  sessionId: string,
  { initial }: ReadOptions<SessionDetail | null> = {},
): UseSessionResult {
  const { value, ...rest } = useReading<SessionDetail | null>(
    sessionId,
    (pawl, store) => ({
      read: (signal) => pawl.sessions.get(sessionId, { signal }),
      mark: (session) => session && markRun(store, session.run.id),
      runOf: (session) => session?.run.id,
    }),
    initial,
  )
  return { ...rest, session: value ?? undefined, isMissing: value === null }
}

/** What `useWorkspace` returns. */
export interface UseWorkspaceResult extends ReadResult {
  /** The workspace with all runs that work in it; undefined while unknown, and where it is missing. */
  readonly workspace: WorkspaceDetail | undefined
  /** Whether the run has none. */
  readonly isMissing: boolean
}

/** The workspace of a run with its operations and its preview, kept up to date. */
export function useWorkspace(
  runId: string,
  { initial }: ReadOptions<WorkspaceDetail | null> = {},
): UseWorkspaceResult {
  const { value, ...rest } = useReading<WorkspaceDetail | null>(
    runId,
    (pawl, store) => ({
      read: (signal) => pawl.workspaces.get(runId, { signal }),
      mark: () => markRun(store, runId),
      runOf: () => runId,
      follow: (workspace, signal) =>
        workspace ? pawl.workspaces.watch(workspace.id, { after: workspace.revision, signal }) : undefined,
    }),
    initial,
  )
  return { ...rest, workspace: value ?? undefined, isMissing: value === null }
}

type Context = ReturnType<typeof usePawlContext>

/** Reads what the key stands for, once for each key. */
function useReading<Value>(
  key: string,
  sourceOf: (pawl: Context['pawl'], store: RunStore) => Source<Value>,
  initial: Value | undefined,
) {
  const { pawl, feed } = usePawlContext()
  const reading = useMemo(
    () => createReading(pawl, feed, sourceOf(pawl, feed.store), initial),
    [pawl, feed, key],
  )
  const { value, error } = useLive(reading)
  return { value, error, isLoading: value === undefined && error === undefined }
}

/** Changes with a run, and with its deletion. */
function markRun(store: RunStore, runId: string): number | undefined {
  return store.get(runId)?.revision
}

/** Changes with every run that waits for a person, or was asked about on the page. */
function markWaiting(store: RunStore, page: Page<Approval> | undefined): string {
  const asked = new Set(page?.nodes.map(({ run }) => run.id))
  return store
    .all()
    .filter(({ id, status }) => status === 'AWAITING_APPROVAL' || status === 'PAUSED' || asked.has(id))
    .map(({ id, revision }) => `${id} ${revision}`)
    .join()
}
