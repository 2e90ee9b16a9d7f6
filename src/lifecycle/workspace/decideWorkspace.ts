import type { RefusalTypeOf } from '../run/commands.ts'
import type { InputIssue, RefusalNamed } from '../run/refusals.ts'
import type { Result } from '../run/result.ts'
import type { Instant } from '../run/run.ts'
import { type GivenResult, resultIssues } from './workspaceResults.ts'
import {
  inFlightOf,
  isEnded,
  NO_PREVIEW,
  type Obstacle,
  obstacleAtStart,
  obstacleTo,
  type OperationError,
  type OperationKind,
  type PresentWorkspace,
  type Preview,
  type ReportedPreview,
  type Workspace,
  type WorkspaceOperation,
} from './workspace.ts'

/** How often an operation is started before it fails for good because its workers were lost each time. */
export const MAX_ATTEMPTS = 3

/** How long a worker has for an operation, in seconds; the worker chooses it at the start. */
export const OPERATION_SECONDS = { min: 5, max: 3600, default: 120 } as const

/** A command about one workspace, the input of `decideWorkspace`. */
export type WorkspaceCommand =
  | {
      readonly type: 'requestWorkspaceOperation'
      readonly operationId: string
      readonly kind: OperationKind
      readonly force: boolean
      readonly requestedBy: string
      readonly requestedById: string
      /** Null: no time limit for its start. */
      readonly expiresInSeconds: number | null
    }
  | {
      readonly type: 'startWorkspaceOperation'
      readonly operationId: string
      readonly worker: string
      readonly startedById: string
      readonly leaseSeconds: number
    }
  | {
      readonly type: 'finishWorkspaceOperation'
      readonly operationId: string
      readonly attempt: number
      readonly result: GivenResult
      readonly error: OperationError | null
    }
  | {
      readonly type: 'reportPreview'
      readonly status: ReportedPreview
      readonly url: string | null
      readonly error: OperationError | null
    }
  /** Applies due changes only. */
  | { readonly type: 'sweep' }

/** Why a command about a workspace is refused: the refusals listed in COMMANDS that a decision can find. */
export type WorkspaceRefusal =
  | ({ readonly type: 'WorkspaceNotReady'; readonly kind: OperationKind } & Obstacle)
  | RefusalNamed<'NotFound'>
  | { readonly type: 'OperationNotStartable'; readonly operation: WorkspaceOperation }
  | { readonly type: 'OperationNotFinishable'; readonly operation: WorkspaceOperation }
  | { readonly type: 'InvalidInput'; readonly issues: readonly InputIssue[] }

/** The input of a decision about a workspace. */
export interface WorkspaceSituation {
  readonly workspace: PresentWorkspace
  /** The operation named by the command, ended or not; null if it does not exist. */
  readonly named: WorkspaceOperation | null
  readonly now: Instant
}

/** The command was accepted. */
export interface AcceptedByWorkspace {
  readonly ok: true
  readonly changed: boolean
  /** The operation the command is about; null if none. */
  readonly operation: WorkspaceOperation | null
}

/**
 * A decision about a workspace: pure data, to be written on the condition that the workspace's revision is unchanged.
 */
export interface WorkspaceDecision {
  readonly result: Result<AcceptedByWorkspace, WorkspaceRefusal>
  /** The workspace after the decision; the identical object that was loaded if nothing is to be written. */
  readonly workspace: PresentWorkspace
  /** The new or changed operations. */
  readonly operations: readonly WorkspaceOperation[]
}

/** The refusals that the decision about a command may return. */
export type WorkspaceRefusalOf<T extends WorkspaceCommand['type']> = Extract<
  WorkspaceRefusal,
  { readonly type: RefusalTypeOf<T> }
>

type Outcome<T extends WorkspaceCommand['type'] = WorkspaceCommand['type']> =
  | { readonly operation: WorkspaceOperation | null }
  | WorkspaceRefusalOf<T>

/**
 * Decides one command about one workspace; pure and total. Due changes are applied first, and are part of the
 * decision even if the command is refused.
 */
export function decideWorkspace(
  { workspace: before, named, now }: WorkspaceSituation,
  command: WorkspaceCommand,
): WorkspaceDecision {
  const draft = new WorkspaceDraft(before, now)
  endWhatIsDue(draft)
  const outcome = rule(draft, (named && draft.changed.get(named.id)) ?? named, command)
  const operations = [...draft.changed.values()]
  const workspace = draft.hasChanged ? { ...draft.workspace, revision: before.revision + 1 } : before
  if ('type' in outcome) return { result: { ok: false, problem: outcome }, workspace, operations }
  const { operation } = outcome
  return { result: { ok: true, changed: draft.hasChanged, operation }, workspace, operations }
}

function rule(draft: WorkspaceDraft, named: WorkspaceOperation | null, command: WorkspaceCommand): Outcome {
  switch (command.type) {
    case 'requestWorkspaceOperation':
      return request(draft, command)
    case 'reportPreview':
      return reportPreview(draft, command)
    case 'sweep':
      return { operation: null }
    case 'startWorkspaceOperation':
    case 'finishWorkspaceOperation': {
      const { operationId } = command
      if (!named) return { type: 'NotFound', kind: 'WORKSPACE_OPERATION', id: operationId }
      return command.type === 'startWorkspaceOperation'
        ? start(draft, named, command)
        : finish(draft, named, command)
    }
  }
}

/** The workspace during a decision. */
class WorkspaceDraft {
  workspace: PresentWorkspace
  readonly changed = new Map<string, WorkspaceOperation>()
  readonly now: Instant
  readonly #before: PresentWorkspace

  constructor(before: PresentWorkspace, now: Instant) {
    this.#before = before
    this.workspace = before
    this.now = now
  }

  get hasChanged(): boolean {
    return this.workspace !== this.#before
  }

  set(changes: Partial<Workspace>): void {
    this.workspace = { ...this.workspace, ...changes }
  }

  put(operation: WorkspaceOperation): WorkspaceOperation {
    const others = this.workspace.inFlight.filter(({ id }) => id !== operation.id)
    this.changed.set(operation.id, operation)
    this.workspace = { ...this.workspace, inFlight: isEnded(operation) ? others : [...others, operation] }
    return operation
  }

  /** Ends an operation as FAILED; a preview whose start it was fails with it. */
  fail(operation: WorkspaceOperation, error: OperationError): WorkspaceOperation {
    const wasStarted = operation.status === 'STARTED'
    if (operation.kind === 'START_PREVIEW' && wasStarted)
      this.set({ preview: { status: 'FAILED', url: null, startedAt: null, error } })
    return this.put({ ...operation, status: 'FAILED', endedAt: this.now, error })
  }
}

function errorOf(code: string, message: string, hint: string | null = null): OperationError {
  return { code, message, hint, files: [] }
}

/** Returns why an operation is due to fail; null if it is not. */
function whyDue(operation: WorkspaceOperation, now: Instant): OperationError | null {
  const { status, expiresAt, deadlineAt, attempt } = operation
  const isOver = expiresAt !== null && expiresAt <= now
  if (status === 'REQUESTED' && isOver)
    return errorOf('NOT_ANSWERED', 'No worker of the machine took it up in time.', 'Start one there.')
  const isLost = status === 'STARTED' && deadlineAt !== null && deadlineAt <= now
  if (isLost && (isOver || attempt >= MAX_ATTEMPTS))
    return errorOf('WORKER_LOST', 'It was started, and no worker came to its end.', 'Ask for it again.')
  return null
}

function endWhatIsDue(draft: WorkspaceDraft): void {
  for (const operation of draft.workspace.inFlight) {
    const error = whyDue(operation, draft.now)
    if (error) draft.fail(operation, error)
  }
}

type CommandOf<T extends WorkspaceCommand['type']> = Extract<WorkspaceCommand, { type: T }>

function request(
  draft: WorkspaceDraft,
  command: CommandOf<'requestWorkspaceOperation'>,
): Outcome<'requestWorkspaceOperation'> {
  const { kind, force } = command
  const expiresAt = command.expiresInSeconds === null ? null : draft.now + command.expiresInSeconds * 1000
  const present = inFlightOf(draft.workspace, kind)
  if (present) return { operation: joinRequest(draft, present, force, expiresAt) }
  const obstacle = obstacleTo(kind, draft.workspace)
  if (obstacle) return { type: 'WorkspaceNotReady', kind, ...obstacle }
  const operation: WorkspaceOperation = {
    id: command.operationId,
    workspaceId: draft.workspace.id,
    kind,
    force,
    status: 'REQUESTED',
    attempt: 0,
    requestedBy: command.requestedBy,
    requestedById: command.requestedById,
    requestedAt: draft.now,
    expiresAt,
    worker: null,
    startedById: null,
    startedAt: null,
    deadlineAt: null,
    endedAt: null,
    error: null,
  }
  return { operation: draft.put(operation) }
}

/**
 * Merges a request with an operation already in flight. While that has not started, it takes `force` if either
 * request has it, and the later expiry.
 */
function joinRequest(
  draft: WorkspaceDraft,
  present: WorkspaceOperation,
  force: boolean,
  expiresAt: Instant | null,
): WorkspaceOperation {
  if (present.status !== 'REQUESTED') return present
  const forced = present.force || force
  const until =
    present.expiresAt === null || expiresAt === null ? null : Math.max(present.expiresAt, expiresAt)
  if (forced === present.force && until === present.expiresAt) return present
  return draft.put({ ...present, force: forced, expiresAt: until })
}

function start(
  draft: WorkspaceDraft,
  operation: WorkspaceOperation,
  command: CommandOf<'startWorkspaceOperation'>,
): Outcome<'startWorkspaceOperation'> {
  const { now } = draft
  const isHeld = operation.status === 'STARTED' && operation.deadlineAt !== null && operation.deadlineAt > now
  if (isEnded(operation) || isHeld) return { type: 'OperationNotStartable', operation }
  const obstacle = obstacleAtStart(operation.kind, draft.workspace)
  if (obstacle) {
    const { kind } = operation
    draft.fail(operation, errorOf(obstacle.because, 'The workspace was not ready for it any more.'))
    return { type: 'WorkspaceNotReady', kind, ...obstacle }
  }
  if (operation.kind === 'START_PREVIEW') draft.set({ preview: { ...NO_PREVIEW, status: 'STARTING' } })
  return {
    operation: draft.put({
      ...operation,
      status: 'STARTED',
      attempt: operation.attempt + 1,
      worker: command.worker,
      startedById: command.startedById,
      startedAt: now,
      deadlineAt: now + command.leaseSeconds * 1000,
    }),
  }
}

function finish(
  draft: WorkspaceDraft,
  operation: WorkspaceOperation,
  command: CommandOf<'finishWorkspaceOperation'>,
): Outcome<'finishWorkspaceOperation'> {
  const { attempt, result, error } = command
  // after its deadline, a worker's result is still a fact, unless the operation was started again
  if (operation.status !== 'STARTED' || operation.attempt !== attempt)
    return { type: 'OperationNotFinishable', operation }
  const issues = resultIssues(operation.kind, result, error !== null)
  if (issues.length > 0) return { type: 'InvalidInput', issues }
  if (error) return { operation: draft.fail(operation, error) }
  const ended = draft.put({ ...operation, status: 'SUCCEEDED', endedAt: draft.now })
  follow(draft, ended, result)
  return { operation: ended }
}

/** Applies the success of an operation to its workspace. */
function follow(draft: WorkspaceDraft, { kind }: WorkspaceOperation, { preview }: GivenResult): void {
  const { now } = draft
  switch (kind) {
    case 'START_PREVIEW':
      return draft.set({
        preview: { status: 'RUNNING', url: preview?.url ?? null, startedAt: now, error: null },
      })
    case 'STOP_PREVIEW':
      return draft.set({ preview: NO_PREVIEW })
    case 'REMOVE':
      for (const other of draft.workspace.inFlight)
        draft.fail(other, errorOf('REMOVED', 'The directory was removed.'))
      return draft.set({ status: 'REMOVED', removedAt: now, preview: NO_PREVIEW })
    case 'DIFF':
    case 'MERGE':
      return undefined
  }
}

function reportPreview(draft: WorkspaceDraft, command: CommandOf<'reportPreview'>): Outcome<'reportPreview'> {
  const { preview: present, status: workspaceStatus } = draft.workspace
  const { status, url, error } = command
  if (workspaceStatus === 'REMOVED' && status !== 'STOPPED')
    return { type: 'WorkspaceNotReady', kind: 'START_PREVIEW', because: 'REMOVED', by: null }
  const told: Preview = {
    status,
    url: status === 'RUNNING' ? url : null,
    startedAt: status === 'RUNNING' ? (present.startedAt ?? draft.now) : null,
    error: status === 'FAILED' ? error : null,
  }
  const isKnown = present.status === status && present.url === told.url && status !== 'FAILED'
  if (!isKnown) draft.set({ preview: told })
  return { operation: null }
}
