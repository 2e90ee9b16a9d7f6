import { performOperation } from '../request/performOperation.ts'
import type { PerformOptions, PerformResult } from '../request/performOperation.ts'
import * as g from '../generated/graphql.ts'
import { requireRun, toPage } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type { StreamOptions } from '../streams/stream.ts'
import type * as t from '../request/types.ts'
import type { Streams } from '../streams/watch.ts'
import { readWorkspaceRequests, watchWorkspace } from '../streams/watchWorkspace.ts'
import type { WatchWorkspaceOptions } from '../streams/watchWorkspace.ts'

/** Workspaces: the directories that runs work in, each on one machine, and what its worker is asked to do with them. */
export class Workspaces {
  readonly #requests: Requests
  readonly #streams: Streams

  constructor(streams: Streams) {
    this.#requests = streams.requests
    this.#streams = streams
  }

  /**
   * The workspace of a run, with all runs that work in it; null where none was recorded.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async get(runId: string, options?: CallOptions): Promise<t.WorkspaceDetail | null> {
    const { run } = await this.#requests.query(g.RunWorkspaceDocument, { runId }, options)
    return requireRun(runId, run).workspace
  }

  /** The workspace of this id, or null where there is none. */
  async find(workspaceId: string, options?: CallOptions): Promise<t.WorkspaceDetail | null> {
    const { node } = await this.#requests.query(g.WorkspaceDocument, { id: workspaceId }, options)
    return node?.__typename === 'Workspace' ? node : null
  }

  /** One page of workspaces, the newest first. */
  async list({
    signal,
    retry,
    ...page
  }: { readonly filter?: g.WorkspaceFilter | undefined } & t.PageFields & CallOptions = {}): Promise<
    t.Page<t.Workspace>
  > {
    return toPage((await this.#requests.query(g.WorkspacesDocument, page, { signal, retry })).workspaces)
  }

  /**
   * Records the directory that a run works in. A run keeps its workspace for as long as that is there: where it has one, that is
   * the answer (`created: false`), and its host and path say whether you can work there. For the run's owner.
   *
   * Problems: `RunNotFound`, `RunNotActive`, `LeaseLost`, `WorkspaceTaken`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async record(
    runId: string,
    fields: t.Fields<g.RecordWorkspaceInput, 'runId'>,
  ): Promise<t.RecordWorkspaceResult> {
    return (await this.#requests.mutate(g.RecordWorkspaceDocument, { ...fields, runId })).recordWorkspace
  }

  /**
   * Asks the worker of the machine to do something with a workspace, and does not wait for it: see `perform`. What is asked for
   * twice is done once. `WorkspaceNotReady` says by `because` what stands against it.
   *
   * Problems: `WorkspaceNotFound`, `WorkspaceNotReady`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async request(
    workspaceId: string,
    kind: g.WorkspaceOperationKind,
    fields: t.Fields<g.RequestWorkspaceOperationInput, 'workspaceId' | 'kind'> = {},
  ): Promise<t.RequestWorkspaceOperationResult> {
    const input = { ...fields, workspaceId, kind }
    return (await this.#requests.mutate(g.RequestWorkspaceOperationDocument, input)).requestWorkspaceOperation
  }

  /**
   * Asks for an operation and waits until it has ended: `PerformOperationSuccess` with what it came to, `OperationFailed` with
   * its error, `OperationTimedOut` where no worker came to its end within `timeoutMs` (30,000 by default), or what `request`
   * is refused with. What nobody has started by then is given up, and not done later.
   */
  perform(
    workspaceId: string,
    kind: g.WorkspaceOperationKind,
    options: PerformOptions = {},
  ): Promise<PerformResult> {
    return performOperation(this, workspaceId, kind, options)
  }

  /** The operation with what it came to, or null where there is none of this id. */
  async operation(operationId: string, options?: CallOptions): Promise<t.WorkspaceOperationDetail | null> {
    const { node } = await this.#requests.query(g.WorkspaceOperationDocument, { id: operationId }, options)
    return node?.__typename === 'WorkspaceOperation' ? node : null
  }

  /** One page of operations, the newest first, each with its workspace. */
  async operations({
    signal,
    retry,
    ...page
  }: { readonly filter?: g.WorkspaceOperationFilter | undefined } & t.PageFields & CallOptions = {}): Promise<
    t.Page<t.RequestedOperation>
  > {
    const { workspaceOperations } = await this.#requests.query(g.WorkspaceOperationsDocument, page, {
      signal,
      retry,
    })
    return toPage(workspaceOperations)
  }

  /** The workspace now, then after each change; never an older one. Ends when it is REMOVED. */
  watch(workspaceId: string, options: WatchWorkspaceOptions = {}): AsyncIterableIterator<t.Workspace> {
    return watchWorkspace(this.#streams, workspaceId, options)
  }

  /**
   * What the worker of a machine is asked to do: every operation that may be started now, the oldest first, then each as it
   * comes. One that nobody has started is told again after a while, and after a lost connection. What is to be done is what `start`
   * answers with: `force` may have been asked for since. Ends with `signal` alone. For workers.
   */
  requests(host: string, options: StreamOptions = {}): AsyncIterableIterator<t.RequestedOperation> {
    return readWorkspaceRequests(this.#streams, host, options)
  }

  /**
   * Takes up an operation; among workers that try at once, one does. Its `attempt` is to be repeated at the end. Another may
   * start it when `leaseSeconds` (120) have passed. For workers.
   *
   * Problems: `WorkspaceOperationNotFound`, `OperationNotStartable`, `WorkspaceNotReady`, `IdempotencyMismatch`, `InvalidInput`,
   * `Forbidden`.
   */
  async start(
    operationId: string,
    fields: t.Fields<g.StartWorkspaceOperationInput, 'operationId'>,
  ): Promise<t.StartWorkspaceOperationResult> {
    const input = { ...fields, operationId }
    return (await this.#requests.mutate(g.StartWorkspaceOperationDocument, input)).startWorkspaceOperation
  }

  /**
   * Ends an operation: with `error`, or with the field of its kind (`diff`, `merge`, `preview`). For workers.
   *
   * Problems: `WorkspaceOperationNotFound`, `OperationNotFinishable`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async finish(
    operationId: string,
    fields: t.Fields<g.FinishWorkspaceOperationInput, 'operationId'>,
  ): Promise<t.FinishWorkspaceOperationResult> {
    const input = { ...fields, operationId }
    return (await this.#requests.mutate(g.FinishWorkspaceOperationDocument, input)).finishWorkspaceOperation
  }

  /**
   * Tells what became of a preview outside of any operation: STOPPED, RUNNING at a `url`, or FAILED with `error`. For workers.
   *
   * Problems: `WorkspaceNotFound`, `WorkspaceNotReady`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async reportPreview(
    workspaceId: string,
    fields: t.Fields<g.ReportPreviewInput, 'workspaceId'>,
  ): Promise<t.ReportPreviewResult> {
    return (await this.#requests.mutate(g.ReportPreviewDocument, { ...fields, workspaceId })).reportPreview
  }
}
