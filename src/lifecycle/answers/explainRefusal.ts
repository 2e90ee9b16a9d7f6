import { admits } from '../run/transitions.ts'
import type { Refusal } from '../run/refusals.ts'
import type { NotResumableCause } from '../run/enums.ts'
import {
  describeHolder,
  explainLeaseLost,
  explainNotActive,
  explainNotClaimable,
  explainNotCompletable,
  explainNotDeletable,
  explainNotPausable,
  type Standing,
} from './explainStatus.ts'
import { explainIllegalTransition } from './explainTransition.ts'

const NOT_RESUMABLE: Record<NotResumableCause, string> = {
  OWNED: 'a live owner holds it; wait until it releases the run or its lease expires',
  FINAL: 'its status is final; start a new run that continues it',
  QUEUED: 'it is queued already; claim it',
  CANCELLING: 'it will end CANCELLED; start a run that continues it after that',
  AWAITING_APPROVAL: 'it waits for an approval; decide that first',
  APPROVAL_OPEN: 'a recovery approval is open; decide that first',
  RESUME_CAP: 'it was resumed as often as its workflow allows; start a run that continues it',
  CONTINUED: 'another run goes on from where it ended',
  PARENT:
    'the run above it is over or being cancelled, and nothing starts below that; start a run that continues it',
}

/**
 * Returns a sentence for a refusal: the reason, and what to do next.
 *
 * @param standing the state of the run; null if the sentence must not reveal it
 */
export function explainRefusal(refusal: Refusal, standing: Standing | null = null): string {
  switch (refusal.type) {
    case 'RunNotActive':
      return refusal.directive === 'STOP'
        ? `The run is ${refusal.status}: it settled while you held it. Stop your agent and release the run.`
        : explainNotActive(refusal.status)
    case 'RevisionConflict':
      return `The run is at revision ${refusal.actual}, not ${refusal.expected}: look at it again before you decide.`
    case 'LeaseLost':
      return explainLeaseLost(refusal, standing)
    case 'IdempotencyMismatch':
      return `This idempotency key was used with another input; what differs: ${refusal.differingPaths.join(', ')}.`
    case 'NotClaimable':
      return explainNotClaimable(refusal)
    case 'NotPausable':
      return explainNotPausable(refusal.status)
    case 'NotResumable':
      if (refusal.continuedBy !== null)
        return `The run is ${refusal.status} and can't be resumed: ${refusal.continuedBy} goes on from where it ended; resume or continue that one.`
      if (refusal.because === 'OWNED' && refusal.status === 'PAUSED')
        return "The run is PAUSED and can't be resumed with a claim: its owner still holds it; resume it without one, and that owner goes on."
      return refusal.because === 'OWNED' && refusal.holder
        ? `The run is ${refusal.status} and can't be resumed: it is held by ${describeHolder(refusal.holder)}; wait until that is released or its lease expires.`
        : `The run is ${refusal.status} and can't be resumed: ${NOT_RESUMABLE[refusal.because]}.`
    case 'NotCompletable':
      return admits('completeRun', refusal.status)
        ? `Evidence is missing: ${refusal.missing.map((missing) => missing.detail).join('; ')}.`
        : explainNotCompletable(refusal.status)
    case 'NotDeletable':
      if (refusal.continuedBy !== null)
        return `The run is continued by ${refusal.continuedBy}, which works in its workspace: a chain is deleted from its end, that one first.`
      return explainNotDeletable(refusal.status, refusal.holder)
    case 'IllegalTransition':
      return explainIllegalTransition(refusal)
    case 'UnknownPhase':
      return `The workflow has no phase ${refusal.phase}; it has ${refusal.known.join(', ')}.`
    case 'ExecutionNotFound':
      return `There is no execution ${refusal.executionId}.`
    case 'ExecutionAlreadyFinished':
      return `The end of execution ${refusal.executionId} was recorded before, and is recorded once.`
    case 'SessionNotFound':
      return `The run has no live session ${refusal.sessionId}: open one.`
    case 'IllegalSessionTransition':
      return refusal.allowed.length > 0
        ? `A session can't go from ${refusal.from} to ${refusal.to}; allowed: ${refusal.allowed.join(', ')}.`
        : `The session is ${refusal.from}, which is its end: open a new one.`
    case 'PromptAlreadySent':
      return `The prompt ${refusal.dedupKey} was sent before; wait for its answer instead of sending it again.`
    case 'TranscriptGap':
      return `The transcript goes on at ${refusal.expectedSeq}: send the entries from there.`
    case 'ApprovalNotFound':
      return `There is no approval ${refusal.approvalId}.`
    case 'AlreadyDecided':
      return refusal.by === null
        ? `The approval ${refusal.approvalId} was decided before, and decisions never change.`
        : `The approval ${refusal.approvalId} is ${refusal.status} by ${refusal.by}, and decisions never change.`
    case 'ApprovalExpired':
      return `The approval ${refusal.approvalId} expired before it was decided; what its policy said then has been done.`
    case 'WrongDecision':
      return `This approval is not answered like that; it knows ${refusal.allowed.join(' and ')}.`
    case 'StaleDigest':
      return 'What you were shown is not what is asked now: look at the approval again and repeat its digest.'
    case 'MessageNotFound':
      return `There is no message ${refusal.messageId}.`
    case 'InvalidInput':
      return `The input is not valid: ${refusal.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}.`
  }
}
