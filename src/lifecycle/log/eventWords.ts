import type {
  Decision,
  ExecutionEnd,
  ExpiryPolicy,
  MessageMode,
  RunReason,
  RunStatus,
  SessionStatus,
} from '../run/enums.ts'

/** The values of enums as parts of sentences for people. */

/** What a run is in this status: `The run …`. */
export const STATUS_WORDS: Readonly<Record<RunStatus, string>> = {
  QUEUED: 'waits for an owner',
  RUNNING: 'is being worked on',
  AWAITING_APPROVAL: 'waits for a person',
  PAUSED: 'is paused',
  CANCELLING: 'is being cancelled',
  COMPLETED: 'is completed',
  FAILED: 'has failed',
  CANCELLED: 'is cancelled',
  EXPIRED: 'has expired',
}

/** Why a run settled. */
export const REASON_WORDS: Readonly<Record<RunReason, string>> = {
  COMPLETED: 'all evidence was there',
  REPORTED_FAILURE: 'its owner reported a failure',
  START_FAILED: 'the work could not be started',
  INCOMPLETE: 'its process ended, and its work is not done',
  CANCELLED_BY_USER: 'by request',
  OWNER_LOST: 'its owner was lost',
  QUEUE_TIMEOUT: 'it waited in the queue for too long',
  PHASE_TIMEOUT: 'a phase took too long',
  RUN_TIMEOUT: 'it took too long',
  IDLE_TIMEOUT: 'it had no activity for too long',
  APPROVAL_REJECTED: 'a person rejected it',
  APPROVAL_EXPIRED: 'nobody answered in time',
  STALE: 'nothing happened for too long',
  CLOSED_BY_PARENT: 'its parent ended without being completed',
  TAKEOVER_CAP: 'one owner after the other was lost',
}

/** How a process ended: `A process …`. */
export const END_WORDS: Readonly<Record<ExecutionEnd, string>> = {
  EXITED: 'ended',
  CANCELLED: 'was stopped on request',
  CLOSED_BY_RUN: 'was still there when the run ended',
  TIMED_OUT: 'was stopped for taking too long',
  IDLE: 'was stopped because it had no activity',
  SUPERVISOR_LOST: 'has lost its supervisor, so nobody knows how it ended',
}

/** What an agent does from now on: `The agent …`. */
export const SESSION_WORDS: Readonly<Record<SessionStatus, string>> = {
  CREATED: 'is not started yet',
  BOOTSTRAPPING: 'is being started',
  READY: 'is ready for a prompt',
  BUSY: 'works on its prompt',
  ARTIFACT_TIMEOUT: 'has not written its file in time',
  RESUMING: 'is being recovered',
  REBOOTSTRAPPED: 'was started again',
  WAITING_FOR_APPROVAL: 'waits for a person',
  CRASHED: 'is gone',
  FAILED_NEEDS_HUMAN: 'is given up until a person decides',
  DISPOSED: 'is no longer needed',
}

/** What somebody did about a question: `ann …`. */
export const DECISION_WORDS: Readonly<Record<Decision, string>> = {
  APPROVE: 'approved it',
  REJECT: 'rejected it',
  RETRY: 'had it tried again',
  ABORT: 'gave it up',
  ALLOW: 'allowed it once',
  ALLOW_ALWAYS: 'allowed it for the session',
  DENY: 'denied it',
  ANSWER: 'answered the question',
  DECLINE: 'declined to answer',
}

/** What follows where nobody decided in time. */
export const EXPIRY_WORDS: Readonly<Record<ExpiryPolicy, string>> = {
  REJECT: 'it counts as rejected',
  EXPIRE_RUN: 'the run expires',
  WAIT: 'it can still be decided',
  CONTINUE: 'the agent is told so and continues',
}

/** When a message reaches the agent. */
export const MODE_WORDS: Readonly<Record<MessageMode, string>> = {
  STEER: 'at once',
  FOLLOW_UP: 'with its next prompt',
}
