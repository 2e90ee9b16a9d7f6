import { OPERATION_SECONDS, type WorkspaceCommand } from '../../lifecycle/workspace/decideWorkspace.ts'
import type { RefusalTypeOf } from '../../lifecycle/run/commands.ts'
import type { GivenResult } from '../../lifecycle/workspace/workspaceResults.ts'
import type {
  OperationError,
  OperationKind,
  ReportedPreview,
  WorkspaceOperation,
} from '../../lifecycle/workspace/workspace.ts'
import { findOperationWorkspaceId } from '../../store/workspace/findOperationWorkspaceId.ts'
import { type RefusedWith, type ResultOf, refuse } from '../kit/answers.ts'
import { changeWorkspace, type WorkspaceSuccess } from './changeWorkspace.ts'
import { type Caller, type Commands, type Keyed, toRequest } from '../kit/context.ts'
import { newId } from '../kit/ids.ts'

/** An accepted command about an operation. */
export interface OperationSuccess extends WorkspaceSuccess {
  readonly operation: WorkspaceOperation
}

/** A task for the worker of the workspace's machine. */
export interface RequestOperation extends Keyed {
  readonly workspaceId: string
  readonly kind: OperationKind
  readonly isForced?: boolean | null | undefined
  /** Seconds after which it can't be started any more; absent: no limit. */
  readonly expiresInSeconds?: number | null | undefined
}

/**
 * Requests an operation on a workspace from the worker of its machine. A repeated request returns the operation in
 * flight. Problems: NotFound, WorkspaceNotReady, IdempotencyMismatch, Forbidden.
 */
export async function requestWorkspaceOperation(
  commands: Commands,
  caller: Caller,
  input: RequestOperation,
): Promise<ResultOf<'requestWorkspaceOperation', OperationSuccess>> {
  const { workspaceId, kind } = input
  const answer = await changeWorkspace(commands, caller, {
    workspaceId,
    command: {
      type: 'requestWorkspaceOperation',
      operationId: newId('workspaceOperation'),
      kind,
      force: input.isForced ?? false,
      requestedBy: caller.name,
      requestedById: caller.principalId,
      expiresInSeconds: input.expiresInSeconds ?? null,
    },
    idempotencyKey: input.idempotencyKey,
    request: toRequest(input),
  })
  return answer.ok ? withOperation(answer) : answer
}

/** The start of an operation by a worker. */
export interface StartOperation extends Keyed {
  readonly operationId: string
  /** The worker that performs it. */
  readonly worker: string
  /** Seconds after which another worker may start it again; default: 120. */
  readonly leaseSeconds?: number | null | undefined
}

/**
 * Starts an operation; of several concurrent starts, one succeeds. If the workspace is not ready for it any
 * more, the operation ends as FAILED and the answer is WorkspaceNotReady. Problems: NotFound,
 * OperationNotStartable, WorkspaceNotReady, IdempotencyMismatch, Forbidden.
 */
export function startWorkspaceOperation(
  commands: Commands,
  caller: Caller,
  input: StartOperation,
): Promise<ResultOf<'startWorkspaceOperation', OperationSuccess>> {
  const { operationId, worker } = input
  const leaseSeconds = input.leaseSeconds ?? OPERATION_SECONDS.default
  const startedById = caller.principalId
  const command = {
    type: 'startWorkspaceOperation',
    operationId,
    worker,
    startedById,
    leaseSeconds,
  } as const
  return changeOperation(commands, caller, command, input)
}

/** The end of an operation: an error, or the result field of its kind. */
export interface FinishOperation extends Keyed, GivenResult {
  readonly operationId: string
  /** The attempt that ended, as returned when it was started. */
  readonly attempt: number
  readonly error?: OperationError | null | undefined
}

/**
 * Ends an operation that the caller's principal started, and updates the workspace accordingly. Problems:
 * NotFound, OperationNotFinishable, InvalidInput, IdempotencyMismatch, Forbidden.
 */
export function finishWorkspaceOperation(
  commands: Commands,
  caller: Caller,
  input: FinishOperation,
): Promise<ResultOf<'finishWorkspaceOperation', OperationSuccess>> {
  const { operationId, attempt, diff, merge, preview } = input
  const result = { diff, merge, preview }
  const command = {
    type: 'finishWorkspaceOperation',
    operationId,
    attempt,
    result,
    error: input.error ?? null,
  } as const
  return changeOperation(commands, caller, command, input)
}

/** A change of a preview outside of any operation. */
export interface ReportPreview extends Keyed {
  readonly workspaceId: string
  readonly status: ReportedPreview
  readonly url?: string | null | undefined
  readonly error?: OperationError | null | undefined
}

/**
 * Reports a change of a preview outside of any operation; for the principal that started it. Problems:
 * NotFound, WorkspaceNotReady, Forbidden.
 */
export function reportPreview(
  commands: Commands,
  caller: Caller,
  input: ReportPreview,
): Promise<ResultOf<'reportPreview', WorkspaceSuccess>> {
  const { workspaceId, status } = input
  return changeWorkspace(commands, caller, {
    workspaceId,
    command: { type: 'reportPreview', status, url: input.url ?? null, error: input.error ?? null },
    idempotencyKey: input.idempotencyKey,
    request: toRequest(input),
  })
}

type OperationCommand = Extract<
  WorkspaceCommand,
  { type: 'startWorkspaceOperation' | 'finishWorkspaceOperation' }
>

async function changeOperation<C extends OperationCommand>(
  commands: Commands,
  caller: Caller,
  command: C,
  input: Keyed,
): Promise<ResultOf<C['type'], OperationSuccess>> {
  const { operationId } = command
  const notFound = () =>
    refuse({ type: 'NotFound', kind: 'WORKSPACE_OPERATION', id: operationId }) as RefusedWith<
      RefusalTypeOf<C['type']>
    >
  const workspaceId = await findOperationWorkspaceId(commands.store.pool, operationId)
  if (workspaceId === null) return notFound()
  const { idempotencyKey } = input
  const request = { workspaceId, command, idempotencyKey, request: toRequest(input) }
  const result = await changeWorkspace(commands, caller, request)
  if (result.ok) return withOperation(result)
  // the workspace was deleted in between, and the operation with it
  return isWorkspaceGone(result) ? notFound() : result
}

function isWorkspaceGone({ problem }: RefusedWith): boolean {
  return problem.type === 'NotFound'
}

function withOperation(success: WorkspaceSuccess): OperationSuccess {
  const { operation } = success
  if (!operation) throw new Error(`workspace ${success.workspace.workspace.id} lacks the operation`)
  return { ...success, operation }
}
