import type { RequestWorkspaceOperationInput, WorkspaceOperationKind } from '../generated/graphql.ts'
import type { CallOptions } from './request.ts'
import type { RetryOptions } from './retry.ts'
import { isSuccess } from './results.ts'
import type { ProblemOf } from './results.ts'
import type { Fields, RequestWorkspaceOperationResult, Workspace, WorkspaceOperationDetail } from './types.ts'

/** How to ask for an operation and wait for it. */
export interface PerformOptions {
  /** Perform it unconditionally: a REMOVE even if it loses work. Default false. */
  readonly force?: boolean | undefined
  /** How long to wait until it has ended, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number | undefined
  /** Ends the wait, which then rejects with the signal's reason; the operation continues. */
  readonly signal?: AbortSignal | undefined
  /** Overrides the client's retry options for each request. */
  readonly retry?: Partial<RetryOptions> | undefined
}

/** How a requested operation ended, or why it was refused or has not ended in time. */
export type PerformResult =
  | {
      readonly __typename: 'PerformOperationSuccess'
      /** The operation, with its result. */
      readonly operation: WorkspaceOperationDetail
    }
  | {
      readonly __typename: 'OperationFailed'
      /** Why it failed. */
      readonly message: string
      /** The operation, with its error. */
      readonly operation: WorkspaceOperationDetail
    }
  | {
      readonly __typename: 'OperationTimedOut'
      /** What to do, for a person. */
      readonly message: string
      /** The operation, as it is now. */
      readonly operation: WorkspaceOperationDetail
    }
  | ProblemOf<RequestWorkspaceOperationResult>

/** The calls that `performOperation` makes; `pawl.workspaces` implements them. */
export interface OperationCalls {
  request(
    workspaceId: string,
    kind: WorkspaceOperationKind,
    fields: Fields<RequestWorkspaceOperationInput, 'workspaceId' | 'kind'>,
  ): Promise<RequestWorkspaceOperationResult>
  watch(workspaceId: string, options: CallOptions): AsyncIterable<Workspace>
  operation(operationId: string, options: CallOptions): Promise<WorkspaceOperationDetail | null>
}

const DEFAULT_TIMEOUT_MS = 30_000

/** Requests an operation and waits until it has ended, or the timeout passes. */
export async function performOperation(
  workspaces: OperationCalls,
  workspaceId: string,
  kind: WorkspaceOperationKind,
  { force = false, timeoutMs = DEFAULT_TIMEOUT_MS, signal, retry }: PerformOptions,
): Promise<PerformResult> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const stop = signal ? AbortSignal.any([signal, timeout]) : timeout
  const expiresInSeconds = Math.max(1, Math.ceil(timeoutMs / 1000))
  for (;;) {
    const requested = await workspaces.request(workspaceId, kind, {
      isForced: force,
      expiresInSeconds,
      signal,
      retry,
    })
    if (!isSuccess(requested)) return requested
    const { id } = requested.operation
    const operation = await waitForEnd(workspaces, { workspaceId, operationId: id, stop, signal, retry })
    // The operation in progress was requested without `isForced` and failed: request it again with `isForced`.
    if (force && operation.status === 'FAILED' && !operation.isForced && !timeout.aborted) continue
    return toResult(operation, timeoutMs)
  }
}

interface Waiting {
  readonly workspaceId: string
  readonly operationId: string
  readonly stop: AbortSignal
  readonly signal: AbortSignal | undefined
  readonly retry: Partial<RetryOptions> | undefined
}

/** Waits for the operation to end or for the timeout, and returns its current state. */
async function waitForEnd(
  workspaces: OperationCalls,
  { workspaceId, operationId, stop, signal, retry }: Waiting,
): Promise<WorkspaceOperationDetail> {
  for await (const workspace of workspaces.watch(workspaceId, { signal: stop, retry }))
    if (workspace.inFlight.every(({ id }) => id !== operationId)) break
  signal?.throwIfAborted()
  const operation = await workspaces.operation(operationId, { signal, retry })
  if (!operation) throw new Error(`The operation ${operationId} is gone`)
  return operation
}

function toResult(operation: WorkspaceOperationDetail, timeoutMs: number): PerformResult {
  const { status, workspace, worker, error } = operation
  if (status === 'SUCCEEDED') return { __typename: 'PerformOperationSuccess', operation }
  const seconds = Math.round(timeoutMs / 1000)
  if (status === 'REQUESTED' || error?.code === 'NOT_ANSWERED') {
    const message = `no worker on ${workspace.host} answered within ${seconds} s; start one there with: pawl worker`
    return { __typename: 'OperationTimedOut', message, operation }
  }
  if (status === 'STARTED') {
    const message = `${worker} on ${workspace.host} has not finished it within ${seconds} s and continues`
    return { __typename: 'OperationTimedOut', message, operation }
  }
  return { __typename: 'OperationFailed', message: error?.message ?? 'it failed', operation }
}
