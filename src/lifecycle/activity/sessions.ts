import type { Session } from '../run/run.ts'
import type { SessionStatus } from '../run/enums.ts'

/** The statuses that a session may move to from each status, as reported by its owner. */
export const SESSION_TRANSITIONS = {
  CREATED: ['BOOTSTRAPPING', 'CRASHED', 'DISPOSED'],
  BOOTSTRAPPING: ['READY', 'CRASHED', 'DISPOSED'],
  READY: ['BUSY', 'CRASHED', 'DISPOSED'],
  BUSY: ['READY', 'ARTIFACT_TIMEOUT', 'WAITING_FOR_APPROVAL', 'CRASHED', 'DISPOSED'],
  ARTIFACT_TIMEOUT: ['RESUMING', 'CRASHED', 'DISPOSED'],
  RESUMING: ['REBOOTSTRAPPED', 'CRASHED', 'DISPOSED'],
  REBOOTSTRAPPED: ['READY', 'CRASHED', 'DISPOSED'],
  WAITING_FOR_APPROVAL: ['READY', 'CRASHED', 'DISPOSED'],
  CRASHED: ['RESUMING', 'FAILED_NEEDS_HUMAN', 'DISPOSED'],
  FAILED_NEEDS_HUMAN: ['DISPOSED'],
  DISPOSED: [],
} as const satisfies Record<SessionStatus, readonly SessionStatus[]>

/** Returns the statuses that the session may move to now. */
export function allowedSessionStatuses({ status }: Pick<Session, 'status'>): readonly SessionStatus[] {
  return SESSION_TRANSITIONS[status]
}

/** True for a session that occupies its role. */
export function isLiveSession({ status }: Pick<Session, 'status'>): boolean {
  return status !== 'DISPOSED'
}
