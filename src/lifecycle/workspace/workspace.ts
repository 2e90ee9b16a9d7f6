import type { Instant } from '../run/run.ts'
import type { Role, RunStatus } from '../run/enums.ts'

/**
 * Workspaces: the directories that runs work in. A merge happens after COMPLETED and is not an event of any run, so a
 * workspace is a separate row with its own revision and its own log: the operations requested from the worker of its
 * machine.
 */

export const WORKSPACE_KINDS = ['DIRECTORY', 'WORKTREE'] as const
export type WorkspaceKind = (typeof WORKSPACE_KINDS)[number]

export const WORKSPACE_STATUSES = ['READY', 'REMOVED'] as const
export type WorkspaceStatus = (typeof WORKSPACE_STATUSES)[number]

export const OPERATION_KINDS = ['DIFF', 'MERGE', 'START_PREVIEW', 'STOP_PREVIEW', 'REMOVE'] as const
export type OperationKind = (typeof OPERATION_KINDS)[number]

export const OPERATION_STATUSES = ['REQUESTED', 'STARTED', 'SUCCEEDED', 'FAILED'] as const
export type OperationStatus = (typeof OPERATION_STATUSES)[number]

export const PREVIEW_STATUSES = ['STOPPED', 'STARTING', 'RUNNING', 'FAILED'] as const
export type PreviewStatus = (typeof PREVIEW_STATUSES)[number]

/** The preview statuses that a worker may report outside of an operation. */
export const REPORTED_PREVIEWS = ['STOPPED', 'RUNNING', 'FAILED'] as const satisfies PreviewStatus[]
export type ReportedPreview = (typeof REPORTED_PREVIEWS)[number]

/** Why an operation is not possible. */
export const NOT_READY_CAUSES = [
  'REMOVED',
  'REMOVING',
  'NOT_A_WORKTREE',
  'NO_RUN',
  'RUN_ACTIVE',
  'RUN_NOT_COMPLETED',
  'NO_PREVIEW',
] as const
export type NotReadyCause = (typeof NOT_READY_CAUSES)[number]

/** How a changed file was changed. */
export const FILE_CHANGES = ['ADDED', 'MODIFIED', 'DELETED', 'RENAMED'] as const
export type FileChange = (typeof FILE_CHANGES)[number]

/** Why an operation, or a preview, failed. */
export interface OperationError {
  /** An error code for programs, such as `CONFLICT` or `UNMERGED_WORK`. */
  readonly code: string
  readonly message: string
  /** How to resolve it; null if unknown. */
  readonly hint: string | null
  /** The affected files, such as those in conflict. */
  readonly files: readonly string[]
}

/** The preview of a workspace, served under a URL. */
export interface Preview {
  readonly status: PreviewStatus
  /** The URL of the preview; null unless RUNNING, and if the worker knows none. */
  readonly url: string | null
  /** When the preview became RUNNING; otherwise null. */
  readonly startedAt: Instant | null
  /** The cause of FAILED; otherwise null. */
  readonly error: OperationError | null
}

/** The place and origin of a directory, as recorded. */
export interface WorkspacePlace {
  /** The machine, by the id that its worker chose. */
  readonly host: string
  readonly kind: WorkspaceKind
  readonly path: string
  readonly repository: string | null
  readonly branch: string | null
  /** The commit where the branch began; null for a DIRECTORY. */
  readonly baseCommit: string | null
}

/**
 * True if an already recorded directory prevents recording this one. A worktree belongs to one workspace and has one
 * description; a plain directory may be shared by the runs of several projects, each with its own workspace for it.
 */
export function isTakenBy(
  place: WorkspacePlace & { readonly project: string },
  present: WorkspacePlace & { readonly project: string },
): boolean {
  const isOneOfMany = place.kind === 'DIRECTORY' && present.kind === 'DIRECTORY'
  if (place.project !== present.project) return !isOneOfMany
  return !DESCRIPTION.every((field) => place[field] === present[field])
}

const DESCRIPTION = ['kind', 'repository', 'branch', 'baseCommit'] as const

/** A directory that runs work in, on one machine. */
export interface Workspace extends WorkspacePlace {
  readonly id: string
  readonly project: string
  readonly status: WorkspaceStatus
  /** Rises with every change of the workspace, of its operations, and of the set of runs that work in it. */
  readonly revision: number
  /** Number of runs that work in it. */
  readonly runCount: number
  readonly preview: Preview
  readonly createdAt: Instant
  readonly removedAt: Instant | null
}

/** One task requested from the worker of the workspace's machine. */
export interface WorkspaceOperation {
  readonly id: string
  readonly workspaceId: string
  readonly kind: OperationKind
  readonly force: boolean
  readonly status: OperationStatus
  /** How often it was started. A worker's report about an earlier start is refused. */
  readonly attempt: number
  readonly requestedBy: string
  readonly requestedById: string | null
  readonly requestedAt: Instant
  /** The time limit for its start; null: none. */
  readonly expiresAt: Instant | null
  /** The worker that started it last. */
  readonly worker: string | null
  /** The principal that started it last; null before that, and in rows from before it was recorded. */
  readonly startedById: string | null
  readonly startedAt: Instant | null
  /** When another worker may start it again. */
  readonly deadlineAt: Instant | null
  readonly endedAt: Instant | null
  readonly error: OperationError | null
}

/** The part of a run that the rules of its workspace need. */
export interface WorkingRun {
  readonly id: string
  readonly status: RunStatus
}

/** A workspace with everything needed to decide about it or to show it. */
export interface PresentWorkspace extends Workspace {
  /** The run started last among those that work in it. */
  readonly newestRun: WorkingRun | null
  /** A run that works in it now: not settled, or still held by its owner. */
  readonly activeRun: WorkingRun | null
  /** The operations that have not ended, in the order they were requested. */
  readonly inFlight: readonly WorkspaceOperation[]
}

/**
 * True if the caller may report the result of an operation, or of the preview it started: the principal that started
 * it, or an ADMIN. If the principal was not recorded, any worker may.
 */
export function mayReport(
  startedById: string | null,
  { principalId, role }: { readonly principalId: string; readonly role: Role },
): boolean {
  return startedById === null || startedById === principalId || role === 'ADMIN'
}

/** The state of a workspace without a preview. */
export const NO_PREVIEW: Preview = { status: 'STOPPED', url: null, startedAt: null, error: null }

/** True for an operation that has ended. */
export function isEnded({ status }: Pick<WorkspaceOperation, 'status'>): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED'
}

/** Finds the operation of a kind in flight; there is at most one. */
export function inFlightOf(
  { inFlight }: PresentWorkspace,
  kind: OperationKind,
): WorkspaceOperation | undefined {
  return inFlight.find((operation) => operation.kind === kind)
}

/** Why an operation is not possible, and the run that prevents it, if one does. */
export interface Obstacle {
  readonly because: NotReadyCause
  readonly by: WorkingRun | null
}

const standsAgainst = (because: NotReadyCause, by: WorkingRun | null = null): Obstacle => ({ because, by })

/** Returns what prevents requesting an operation of this kind now; null if nothing does. */
export function obstacleTo(kind: OperationKind, workspace: PresentWorkspace): Obstacle | null {
  if (kind !== 'REMOVE' && inFlightOf(workspace, 'REMOVE')) return standsAgainst('REMOVING')
  return obstacleAtStart(kind, workspace)
}

/**
 * Returns what prevents starting a requested operation. Unlike `obstacleTo`, a removal requested in between does not
 * count: it waits its turn.
 */
export function obstacleAtStart(kind: OperationKind, workspace: PresentWorkspace): Obstacle | null {
  return workspace.status === 'REMOVED' ? standsAgainst('REMOVED') : OBSTACLES[kind](workspace)
}

const OBSTACLES: {
  readonly [K in OperationKind]: (workspace: PresentWorkspace) => Obstacle | null
} = {
  DIFF: whyNoWorktree,
  MERGE: (workspace) => whyNoWorktree(workspace) ?? whyInUse(workspace) ?? whyNotCompleted(workspace),
  START_PREVIEW: () => null,
  STOP_PREVIEW: (workspace) =>
    workspace.preview.status === 'STOPPED' && !inFlightOf(workspace, 'START_PREVIEW')
      ? standsAgainst('NO_PREVIEW')
      : null,
  REMOVE: whyInUse,
}

function whyNoWorktree({ kind }: PresentWorkspace): Obstacle | null {
  return kind === 'WORKTREE' ? null : standsAgainst('NOT_A_WORKTREE')
}

function whyInUse({ activeRun }: PresentWorkspace): Obstacle | null {
  return activeRun && standsAgainst('RUN_ACTIVE', activeRun)
}

function whyNotCompleted({ newestRun }: PresentWorkspace): Obstacle | null {
  if (!newestRun) return standsAgainst('NO_RUN')
  return newestRun.status === 'COMPLETED' ? null : standsAgainst('RUN_NOT_COMPLETED', newestRun)
}

/** True if an operation of this kind is possible only while no run works in the directory. */
export function needsIdle(kind: OperationKind): boolean {
  return kind === 'MERGE' || kind === 'REMOVE'
}

const WORDS: { readonly [C in NotReadyCause]: string } = {
  REMOVED: 'its directory was removed',
  REMOVING: 'its directory is being removed',
  NOT_A_WORKTREE: 'it is a plain directory, not a worktree with its own branch',
  NO_RUN: 'no run is left that worked in it',
  RUN_ACTIVE: 'a run works in it',
  RUN_NOT_COMPLETED: 'the last run that worked in it did not complete',
  NO_PREVIEW: 'it has no preview',
}

/** Explains an obstacle in a sentence. */
export function explainObstacle(kind: OperationKind, { because, by }: Obstacle): string {
  const about = by ? ` (${by.id} is ${by.status})` : ''
  return `${kind} is not possible for this workspace now: ${WORDS[because]}${about}.`
}

/** Returns the kinds of operations that would be accepted now, regardless of the caller's role. */
export function possibleOperations(workspace: PresentWorkspace): OperationKind[] {
  return OPERATION_KINDS.filter((kind) => obstacleTo(kind, workspace) === null)
}
