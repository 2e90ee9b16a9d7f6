import type { PerformOptions, PerformResult } from '../request/performOperation.ts'
import * as g from '../generated/graphql.ts'
import { asType, requireRun } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import type { StreamOptions } from '../streams/stream.ts'
import type * as t from '../request/types.ts'
import type { Streams } from '../streams/watch.ts'
import { readWorkspaceRequests, watchWorkspace } from '../streams/watchWorkspace.ts'
import type { WatchWorkspaceOptions } from '../streams/watchWorkspace.ts'

/**
 * Workspaces: the directories that runs work in, each on one machine, and the operations that the machine's worker
 * performs on them.
 */
export class Workspaces {
  readonly #requests: Requests
  readonly #streams: Streams

  constructor(streams: Streams) {
    this.#requests = streams.requests
    this.#streams = streams
  }

  /**
   * The workspace of a run, with all runs that work in it; null if none was recorded.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async get(runId: string, options?: CallOptions): Promise<t.WorkspaceDetail | null> {
    const run = await this.#requests.query(g.RunWorkspaceDocument, { ...options, runId })
    return requireRun(runId, run).workspace
  }

  /** The workspace, or null if the id is unknown. */
  async find(workspaceId: string, options?: CallOptions): Promise<t.WorkspaceDetail | null> {
    const node = await this.#requests.query(g.WorkspaceDocument, { ...options, id: workspaceId })
    return asType(node, 'Workspace')
  }

  /** One page of workspaces, newest first. */
  async list(
    page: { readonly filter?: g.WorkspaceFilter | undefined } & t.PageFields & CallOptions = {},
  ): Promise<t.Page<t.Workspace>> {
    return this.#requests.query(g.WorkspacesDocument, page)
  }

  /**
   * Records the directory that a run works in. A run keeps its workspace for as long as that exists: if it has one, the
   * answer contains it (`isNew: false`); check its host and path to see whether you can work there. For the run's
   * owner.
   *
   * Problems: `NotFound`, `RunNotActive`, `LeaseLost`, `WorkspaceTaken`, `IdempotencyMismatch`, `InvalidInput`,
   * `Forbidden`.
   */
  async record(
    runId: string,
    fields: t.Fields<g.RecordWorkspaceInput, 'runId'>,
  ): Promise<t.RecordWorkspaceResult> {
    return this.#requests.mutate(g.RecordWorkspaceDocument, { ...fields, runId })
  }

  /**
   * Requests an operation on a workspace from the machine's worker without waiting for it; `perform` waits. An
   * operation requested twice is performed once. `because` of a `WorkspaceNotReady` gives the reason.
   *
   * Problems: `NotFound`, `WorkspaceNotReady`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async request(
    workspaceId: string,
    kind: g.WorkspaceOperationKind,
    fields: t.Fields<g.RequestWorkspaceOperationInput, 'workspaceId' | 'kind'> = {},
  ): Promise<t.RequestWorkspaceOperationResult> {
    const input = { ...fields, workspaceId, kind }
    return this.#requests.mutate(g.RequestWorkspaceOperationDocument, input)
  }

  /**
   * Requests an operation and waits until it has ended: `PerformOperationSuccess` with its result, `OperationFailed`
   * with its error, `OperationTimedOut` if no worker finished it within `timeoutMs` (default 30,000), or a refusal of
   * `request`. An operation that no worker has started by then is abandoned, and not performed later.
   */
  async perform(
    workspaceId: string,
    kind: g.WorkspaceOperationKind,
    options: PerformOptions = {},
  ): Promise<PerformResult> {
    const { performOperation } = await import('../request/performOperation.ts')
    return performOperation(this, workspaceId, kind, options)
  }

  /** The operation with its result, or null if the id is unknown. */
  async operation(operationId: string, options?: CallOptions): Promise<t.WorkspaceOperationDetail | null> {
    const node = await this.#requests.query(g.WorkspaceOperationDocument, { ...options, id: operationId })
    return asType(node, 'WorkspaceOperation')
  }

  /** One page of operations, newest first, each with its workspace. */
  async operations(
    page: { readonly filter?: g.WorkspaceOperationFilter | undefined } & t.PageFields & CallOptions = {},
  ): Promise<t.Page<t.RequestedOperation>> {
    return this.#requests.query(g.WorkspaceOperationsDocument, page)
  }

  /** Streams the current workspace, then each change; never an older revision. Ends when it is REMOVED. */
  watch(workspaceId: string, options: WatchWorkspaceOptions = {}): AsyncIterableIterator<t.Workspace> {
    return watchWorkspace(this.#streams, workspaceId, options)
  }

  /**
   * Streams the operations requested from the worker of a machine: those that can be started now, oldest first, then
   * each new one. An operation that no worker has started is delivered again after a while, and after a lost
   * connection. Perform the operation that `start` answers with: `isForced` may have been requested since. Ends only with
   * `signal`. For workers.
   */
  requests(host: string, options: StreamOptions = {}): AsyncIterableIterator<t.RequestedOperation> {
    return readWorkspaceRequests(this.#streams, host, options)
  }

  /**
   * Starts an operation; of several workers that try at once, one succeeds. Pass its `attempt` to `finish`. Another
   * worker may start it once `leaseSeconds` (default 120) have passed. For workers.
   *
   * Problems: `NotFound`, `OperationNotStartable`, `WorkspaceNotReady`, `IdempotencyMismatch`,
   * `InvalidInput`, `Forbidden`.
   */
  async start(
    operationId: string,
    fields: t.Fields<g.StartWorkspaceOperationInput, 'operationId'>,
  ): Promise<t.StartWorkspaceOperationResult> {
    const input = { ...fields, operationId }
    return this.#requests.mutate(g.StartWorkspaceOperationDocument, input)
  }

  /**
   * Finishes an operation with its `result`: that of its kind (`diff`, `merge`, `preview`) or an `error`. For workers.
   *
   * Problems: `NotFound`, `OperationNotFinishable`, `IdempotencyMismatch`, `InvalidInput`,
   * `Forbidden`.
   */
  async finish(
    operationId: string,
    fields: t.Fields<g.FinishWorkspaceOperationInput, 'operationId'>,
  ): Promise<t.FinishWorkspaceOperationResult> {
    const input = { ...fields, operationId }
    return this.#requests.mutate(g.FinishWorkspaceOperationDocument, input)
  }

  /**
   * Reports a change of a preview outside of any operation: STOPPED, RUNNING at a `url`, or FAILED with `error`. For
   * workers.
   *
   * Problems: `NotFound`, `WorkspaceNotReady`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async reportPreview(
    workspaceId: string,
    fields: t.Fields<g.ReportPreviewInput, 'workspaceId'>,
  ): Promise<t.ReportPreviewResult> {
    return this.#requests.mutate(g.ReportPreviewDocument, { ...fields, workspaceId })
  }
}
