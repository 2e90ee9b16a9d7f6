import type {
  Outcome,
  PermissionState,
  PhaseStatus,
  RunReason,
  RunStatus,
  SessionStatus,
  StepStatus,
  ToolKind,
  ToolStatus,
} from '@pawl/sdk'

/** The name of a colour and a shape, so that nothing is shown by colour alone. */
export type Tone = 'quiet' | 'live' | 'ask' | 'hold' | 'stop' | 'good' | 'half' | 'bad' | 'gone'

/** How an enum value of the server is shown. */
export interface Word {
  readonly label: string
  readonly tone: Tone
  /** What it means, for tooltips and screen readers. */
  readonly means: string
}

export const RUN_STATUS: Readonly<Record<RunStatus, Word>> = {
  QUEUED: { label: 'Queued', tone: 'quiet', means: 'Waits for an owner' },
  RUNNING: { label: 'Running', tone: 'live', means: 'An owner drives it' },
  AWAITING_APPROVAL: { label: 'Needs approval', tone: 'ask', means: 'Waits for a person to answer' },
  PAUSED: { label: 'Paused', tone: 'hold', means: 'A person, or an open recovery question, holds it up' },
  CANCELLING: {
    label: 'Cancelling',
    tone: 'stop',
    means: 'Its owner was told to stop, and has not confirmed it',
  },
  COMPLETED: { label: 'Completed', tone: 'good', means: 'Done, on evidence held by the server' },
  FAILED: { label: 'Failed', tone: 'bad', means: 'Settled without being done; may be resumed' },
  CANCELLED: { label: 'Cancelled', tone: 'gone', means: 'It was cancelled' },
  EXPIRED: { label: 'Expired', tone: 'half', means: 'Nothing happened for too long' },
}

export const OUTCOME: Readonly<Record<Outcome, Word>> = {
  SUCCESS: { label: 'Success', tone: 'good', means: 'The work is done, on evidence' },
  INCOMPLETE: { label: 'Incomplete', tone: 'half', means: 'It ended, but the work is not done' },
  FAILED: { label: 'Failed', tone: 'bad', means: 'It failed' },
  CANCELLED: { label: 'Cancelled', tone: 'gone', means: 'It was cancelled' },
}

export const PHASE_STATUS: Readonly<Record<PhaseStatus, Word>> = {
  PENDING: { label: 'Pending', tone: 'quiet', means: 'Not started' },
  RUNNING: { label: 'Running', tone: 'live', means: 'An attempt is under way' },
  AWAITING_ARTIFACT: { label: 'Awaiting artifact', tone: 'live', means: 'The agent was told what to do' },
  AWAITING_APPROVAL: { label: 'Awaiting approval', tone: 'ask', means: 'Waits for a person' },
  COMPLETED: { label: 'Completed', tone: 'good', means: 'Done' },
  FAILED: { label: 'Failed', tone: 'bad', means: 'The last attempt failed; it may be started again' },
  CANCELLED: { label: 'Cancelled', tone: 'gone', means: 'The run settled while it was under way' },
  SKIPPED: { label: 'Skipped', tone: 'gone', means: 'Never started, and the run was completed without it' },
}

export const TOOL_STATUS: Readonly<Record<ToolStatus, Word>> = {
  PENDING: { label: 'Pending', tone: 'quiet', means: 'Not begun' },
  IN_PROGRESS: { label: 'At work', tone: 'live', means: 'The tool is at work' },
  COMPLETED: { label: 'Done', tone: 'good', means: 'The tool is done' },
  FAILED: { label: 'Failed', tone: 'bad', means: 'The tool failed' },
  CANCELLED: { label: 'Cancelled', tone: 'gone', means: 'It was ended before it was done' },
}

export const TOOL_KIND: Readonly<Record<ToolKind, string>> = {
  READ: 'reads',
  EDIT: 'edits',
  DELETE: 'deletes',
  MOVE: 'moves',
  SEARCH: 'searches',
  EXECUTE: 'runs',
  THINK: 'thinks',
  FETCH: 'fetches',
  MCP: 'asks an MCP server',
  OTHER: 'uses a tool',
}

export const STEP_STATUS: Readonly<Record<StepStatus, Word>> = {
  PENDING: { label: 'To do', tone: 'quiet', means: 'Not begun' },
  IN_PROGRESS: { label: 'At work', tone: 'live', means: 'Under way' },
  COMPLETED: { label: 'Done', tone: 'good', means: 'Done' },
}

export const PERMISSION_STATE: Readonly<Record<PermissionState, Word>> = {
  ASKED: { label: 'Asked', tone: 'ask', means: 'The agent waits for the answer' },
  ALLOWED: { label: 'Allowed', tone: 'good', means: 'It was given' },
  DENIED: { label: 'Denied', tone: 'bad', means: 'It was refused' },
  EXPIRED: { label: 'Expired', tone: 'half', means: 'Nobody answered in time' },
  WITHDRAWN: { label: 'Withdrawn', tone: 'gone', means: 'The agent gave up asking, or ended' },
}

export const SESSION_STATUS: Readonly<Record<SessionStatus, Word>> = {
  CREATED: { label: 'Created', tone: 'quiet', means: 'Recorded; its agent is not there yet' },
  BOOTSTRAPPING: { label: 'Starting', tone: 'live', means: 'Its agent is being started' },
  READY: { label: 'Ready', tone: 'quiet', means: 'Its agent waits for a prompt' },
  BUSY: { label: 'Busy', tone: 'live', means: 'Its agent works on a prompt' },
  ARTIFACT_TIMEOUT: {
    label: 'Artifact late',
    tone: 'half',
    means: 'The file it was asked for did not come in time',
  },
  RESUMING: { label: 'Resuming', tone: 'live', means: 'It is being recovered' },
  REBOOTSTRAPPED: { label: 'Started anew', tone: 'live', means: 'Its agent was started anew' },
  WAITING_FOR_APPROVAL: { label: 'Awaiting approval', tone: 'ask', means: 'Its agent waits for a person' },
  CRASHED: { label: 'Crashed', tone: 'bad', means: 'Its agent is gone' },
  FAILED_NEEDS_HUMAN: {
    label: 'Needs a person',
    tone: 'ask',
    means: 'Given up until a person says how to go on',
  },
  DISPOSED: { label: 'Over', tone: 'gone', means: 'Over; its role is free' },
}

/** Why a run settled. */
export const REASON: Readonly<Record<RunReason, string>> = {
  COMPLETED: 'All evidence was there',
  REPORTED_FAILURE: 'Its owner reported a failure',
  START_FAILED: 'The work could not be started',
  INCOMPLETE: 'Its process ended, its work is not done',
  CANCELLED_BY_USER: 'Somebody cancelled it',
  OWNER_LOST: 'Its owner was lost',
  QUEUE_TIMEOUT: 'It waited in the queue for too long',
  PHASE_TIMEOUT: 'A phase took too long',
  RUN_TIMEOUT: 'It took too long',
  IDLE_TIMEOUT: 'It was silent for too long',
  APPROVAL_REJECTED: 'A person rejected it',
  APPROVAL_EXPIRED: 'Nobody answered in time',
  STALE: 'Nothing happened for too long',
  CLOSED_BY_PARENT: 'The run above it ended undone',
  TAKEOVER_CAP: 'One owner after the other fell silent',
}

/** How a run is shown: by its outcome if that is INCOMPLETE, else by its status. */
export function wordOfRun(status: RunStatus, outcome: Outcome | null | undefined): Word {
  return status === 'FAILED' && outcome === 'INCOMPLETE' ? OUTCOME.INCOMPLETE : RUN_STATUS[status]
}

/** Which part of a run's life an epoch is: settled runs can be resumed, and then begin another one. */
export function describeEpoch(epoch: number): string {
  if (epoch === 1) return 'Until it first settled'
  return `After it had settled ${epoch === 2 ? 'once' : `${epoch - 1} times`}`
}
