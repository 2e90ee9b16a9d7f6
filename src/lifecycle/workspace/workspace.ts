import type { Instant } from '../run/run.ts'
import type { Role, RunStatus } from '../run/words.ts'

/**
 * Workspaces: the directories that runs work in. A merge comes after COMPLETED and is no event of any run, so a workspace is
 * a row of its own, with its own revision and its own log: the operations that the worker of its machine was asked to do.
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

/** What a worker may say of a preview by itself, outside of an operation. */
export const REPORTED_PREVIEWS = ['STOPPED', 'RUNNING', 'FAILED'] as const satisfies PreviewStatus[]
export type ReportedPreview = (typeof REPORTED_PREVIEWS)[number]

/** What stands against an operation. */
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
  /** For programs, as `CONFLICT` or `UNMERGED_WORK`. */
  readonly code: string
  readonly message: string
  /** What to do about it. */
  readonly hint: string | null
  /** The files it is about, as those in conflict. */
  readonly files: readonly string[]
}

/** What a workspace shows of itself under a URL. */
export interface Preview {
  readonly status: PreviewStatus
  /** Where it is seen; null unless RUNNING, and where the worker knows none. */
  readonly url: string | null
  /** Since when it is RUNNING. */
  readonly startedAt: Instant | null
  /** Why it FAILED. */
  readonly error: OperationError | null
}

/** What a directory is recorded as. */
export interface WorkspacePlace {
  /** The machine, by the id that its worker chose. */
  readonly host: string
  readonly kind: WorkspaceKind
  readonly path: string
  readonly repository: string | null
  readonly branch: string | null
  /** What the branch began at; null for a DIRECTORY. */
  readonly baseCommit: string | null
}

/**
 * Whether a directory that is recorded already stands against recording it. A worktree is one workspace's alone, and described once; a
 * plain directory may be worked in by the runs of several projects, each of which has it as a workspace of its own.
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

/** The directory that runs work in, on one machine. */
export interface Workspace extends WorkspacePlace {
  readonly id: string
  readonly project: string
  readonly status: WorkspaceStatus
  /** Rises with every change of the workspace, of its operations, and of which runs work in it. */
  readonly revision: number
  /** How many runs work in it. */
  readonly runCount: number
  readonly preview: Preview
  readonly createdAt: Instant
  readonly removedAt: Instant | null
}

/** One thing that the worker of the machine was asked to do. */
export interface WorkspaceOperation {
  readonly id: string
  readonly workspaceId: string
  readonly kind: OperationKind
  readonly force: boolean
  readonly status: OperationStatus
  /** How often it was started. A worker's word about an earlier start counts no more. */
  readonly attempt: number
  readonly requestedBy: string
  readonly requestedById: string | null
  readonly requestedAt: Instant
  /** Until when it may be started; null: always. */
  readonly expiresAt: Instant | null
  /** Who started it last. */
  readonly worker: string | null
  /** The principal that started it last; null before that, and where that was not kept. */
  readonly startedById: string | null
  readonly startedAt: Instant | null
  /** From when on another worker may start it again. */
  readonly deadlineAt: Instant | null
  readonly endedAt: Instant | null
  readonly error: OperationError | null
}

/** A run as far as rules about its workspace look at it. */
export interface WorkingRun {
  readonly id: string
  readonly status: RunStatus
}

/** A workspace with all that is looked at to decide about it, or to show it. */
export interface PresentWorkspace extends Workspace {
  /** The run started last among those that work in it. */
  readonly newestRun: WorkingRun | null
  /** A run that works in it now: not settled, or held by an owner that has not let go yet. */
  readonly activeRun: WorkingRun | null
  /** The operations that have not ended, in the order in which they were asked for. */
  readonly inFlight: readonly WorkspaceOperation[]
}

/**
 * Whether a caller may tell what came of an operation, or of the preview that one started: the principal that started it, or an ADMIN.
 * Of what was started before that was kept, any worker may.
 */
export function mayReport(
  startedById: string | null,
  { principalId, role }: { readonly principalId: string; readonly role: Role },
): boolean {
  return startedById === null || startedById === principalId || role === 'ADMIN'
}

/** A preview that is not there. */
export const NO_PREVIEW: Preview = { status: 'STOPPED', url: null, startedAt: null, error: null }

/** True for an operation that has come to its end. */
export function isEnded({ status }: Pick<WorkspaceOperation, 'status'>): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED'
}

/** The operation of a kind that is under way; there is one at most. */
export function inFlightOf(
  { inFlight }: PresentWorkspace,
  kind: OperationKind,
): WorkspaceOperation | undefined {
  return inFlight.find((operation) => operation.kind === kind)
}

/** What stands against an operation, and the run that it is about, where it is about one. */
export interface Obstacle {
  readonly because: NotReadyCause
  readonly by: WorkingRun | null
}

const standsAgainst = (because: NotReadyCause, by: WorkingRun | null = null): Obstacle => ({ because, by })

/** What stands against an operation of this kind now; null where nothing does. */
export function obstacleTo(kind: OperationKind, workspace: PresentWorkspace): Obstacle | null {
  if (kind !== 'REMOVE' && inFlightOf(workspace, 'REMOVE')) return standsAgainst('REMOVING')
  return obstacleAtStart(kind, workspace)
}

/**
 * What stands against starting what was asked for: the same, but that a removal which was asked for meanwhile may wait its
 * turn.
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

/** Whether an operation of this kind holds only while no run works in the directory. */
export function needsIdle(kind: OperationKind): boolean {
  return kind === 'MERGE' || kind === 'REMOVE'
}

const WORDS: { readonly [C in NotReadyCause]: string } = {
  REMOVED: 'its directory was removed',
  REMOVING: 'its directory is being removed',
  NOT_A_WORKTREE: 'it is a plain directory, and no worktree with a branch of its own',
  NO_RUN: 'no run is left that worked in it',
  RUN_ACTIVE: 'a run works in it',
  RUN_NOT_COMPLETED: 'the last run that worked in it did not complete',
  NO_PREVIEW: 'it has no preview',
}

/** An obstacle in words. */
export function explainObstacle(kind: OperationKind, { because, by }: Obstacle): string {
  const about = by ? ` (${by.id} is ${by.status})` : ''
  return `${kind} is not possible for this workspace now: ${WORDS[because]}${about}.`
}

/** The operations that would be accepted now, whoever asks. */
export function possibleOperations(workspace: PresentWorkspace): OperationKind[] {
  return OPERATION_KINDS.filter((kind) => obstacleTo(kind, workspace) === null)
}
