import type { Run } from '../request/types.ts'

/** The fields of a run that say whether its owner is at work. */
type Seen = Pick<Run, 'status' | 'allowedCommands'>

/**
 * Whether a question that the agent asks in the middle of its turn is open, as an owner or its agent sees the run: the
 * run waits for a person, and its owner may still fail it.
 */
export function isAsking({ status, allowedCommands }: Seen): boolean {
  return status === 'AWAITING_APPROVAL' && allowedCommands.includes('FAIL')
}

/** Whether the owner of a run may go on with its work: it is RUNNING, or its agent waits for an answer. */
export function isAtWork(run: Seen): boolean {
  return run.status === 'RUNNING' || isAsking(run)
}
