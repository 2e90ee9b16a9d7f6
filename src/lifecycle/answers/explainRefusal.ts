import { admits } from '../run/transitions.ts'
import type { Refusal, RefusalNamed } from '../run/refusals.ts'
import type { NotFoundKind, NotResumableCause } from '../run/enums.ts'
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
  QUEUED: 'it is already queued; claim it',
  CANCELLING: 'it will end CANCELLED; start a run that continues it after that',
  AWAITING_APPROVAL: 'it waits for an approval; decide that first',
  APPROVAL_OPEN: 'a recovery approval is open; decide that first',
  RESUME_CAP: 'it was resumed as often as its workflow allows; start a run that continues it',
  CONTINUED: 'another run continues it',
  PARENT:
    'its parent has settled or is being cancelled, and no child of it can start; start a run that continues it',
  CONTENT_REMOVED: 'its content was removed; start a new run',
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
      return `The run is at revision ${refusal.actual}, not ${refusal.expected}: read it again before you decide.`
    case 'LeaseLost':
      return explainLeaseLost(refusal, standing)
    case 'IdempotencyMismatch':
      return `This idempotency key was used with another input; the differing paths are ${refusal.differingPaths.join(', ')}.`
    case 'NotClaimable':
      return explainNotClaimable(refusal)
    case 'NotPausable':
      return explainNotPausable(refusal.status)
    case 'NotResumable':
      if (refusal.continuedBy !== null)
        return `The run is ${refusal.status} and can't be resumed: ${refusal.continuedBy} continues it; resume or continue that one.`
      if (refusal.because === 'OWNED' && refusal.status === 'PAUSED')
        return "The run is PAUSED and can't be resumed with a claim: its owner still holds it; resume it without a claim, and that owner continues."
      return refusal.because === 'OWNED' && refusal.holder
        ? `The run is ${refusal.status} and can't be resumed: it is held by ${describeHolder(refusal.holder)}; wait until that is released or its lease expires.`
        : `The run is ${refusal.status} and can't be resumed: ${NOT_RESUMABLE[refusal.because]}.`
    case 'NotCompletable':
      return admits('completeRun', refusal.status)
        ? `Evidence is missing: ${refusal.missing.map((missing) => missing.detail).join('; ')}.`
        : explainNotCompletable(refusal.status)
    case 'NotDeletable':
      if (refusal.continuedBy !== null)
        return `The run is continued by ${refusal.continuedBy}, which works in its workspace: delete the runs of a chain from its end, that one first.`
      return explainNotDeletable(refusal.status, refusal.holder)
    case 'IllegalTransition':
      return explainIllegalTransition(refusal)
    case 'UnknownPhase':
      return `The workflow has no phase ${refusal.phase}; it has ${refusal.known.join(', ')}.`
    case 'ExecutionAlreadyFinished':
      return `The end of execution ${refusal.executionId} is already recorded and cannot be changed.`
    case 'IllegalSessionTransition':
      return refusal.allowed.length > 0
        ? `A session can't go from ${refusal.from} to ${refusal.to}; allowed: ${refusal.allowed.join(', ')}.`
        : `The session is ${refusal.from}, which is a final status: open a new one.`
    case 'PromptAlreadySent':
      return `The prompt ${refusal.dedupKey} was already sent; wait for its answer instead of sending it again.`
    case 'TranscriptGap':
      return `The next entry of the transcript is ${refusal.expectedSeq}: send the entries from there.`
    case 'AlreadyDecided':
      return refusal.by === null
        ? `The approval ${refusal.approvalId} is already decided, and decisions never change.`
        : `The approval ${refusal.approvalId} is ${refusal.status} by ${refusal.by}, and decisions never change.`
    case 'ApprovalExpired':
      return `The approval ${refusal.approvalId} expired before it was decided; its expiry policy has been applied.`
    case 'WrongDecision':
      return `This decision does not fit the kind of the approval; possible are ${refusal.allowed.join(' and ')}.`
    case 'StaleDigest':
      return 'The digest is not the one of the present question: read the approval again and send its digest.'
    case 'NotFound':
      return explainNotFound(refusal)
    case 'InvalidInput':
      return `The input is not valid: ${refusal.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}.`
  }
}

const KINDS: Record<Exclude<NotFoundKind, 'WORKFLOW' | 'SESSION'>, string> = {
  RUN: 'run',
  EXECUTION: 'execution',
  APPROVAL: 'approval',
  MESSAGE: 'message',
  TOKEN: 'token',
  PRINCIPAL: 'principal',
  WORKSPACE: 'workspace',
  WORKSPACE_OPERATION: 'operation',
}

function explainNotFound(missing: RefusalNamed<'NotFound'>): string {
  if (missing.kind === 'SESSION') return `The run has no live session ${missing.id}: open one.`
  if (missing.kind !== 'WORKFLOW') return `There is no ${KINDS[missing.kind]} ${missing.id}.`
  const { id, known } = missing
  const version = missing.version === null ? '' : ` version ${missing.version}`
  return known.includes(id)
    ? `Workflow ${id} has no${version}: omit the version for the newest one.`
    : `There is no workflow ${id}${version}; there are ${known.join(', ')}.`
}
