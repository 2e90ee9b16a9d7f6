import { liveClaim, type Claim, type Instant, type Run } from '../run/run.ts'
import type { Holder, Refusal } from '../run/refusals.ts'
import { isSettledStatus, type RunStatus } from '../run/enums.ts'

/** The state of a run, as far as the sentences need it. */
export interface Standing {
  readonly status: RunStatus
  /** The live claim; null if the run has none. */
  readonly holder: Claim | null
}

/** Returns the run's standing at the given time. */
export function standingOf({ status, claim }: Run, now: Instant): Standing {
  return { status, holder: liveClaim(claim, now) }
}

/** For each status: the current situation and the way forward. */
const NEXT_STEP: Record<RunStatus, string> = {
  QUEUED: 'it waits for an owner, with no open question and no work in progress',
  RUNNING: 'it is in progress, with no open question and no cancel',
  AWAITING_APPROVAL: 'it continues when the open question is answered',
  PAUSED: 'it continues when it is resumed, or when its recovery question is answered',
  CANCELLING: 'it ends CANCELLED when its owner has confirmed or the grace period is over',
  COMPLETED: 'its status is final; start another run, or one that continues it',
  FAILED: 'it has settled; resume it, or start a run that continues it',
  CANCELLED: 'its status is final; start another run, or one that continues it',
  EXPIRED: 'its status is final; start another run, or one that continues it',
}

/** Names the holder of a run and when the lease expires unless renewed. */
export function describeHolder({ owner, until, isYours }: Holder): string {
  const whose = isYours ? `${owner} (your own claim)` : owner
  return until === null ? `${whose}, without a lease` : `${whose} until ${new Date(until).toISOString()}`
}

/** Explains that the status does not admit a command. */
export function explainNotActive(status: RunStatus): string {
  return `The run is ${status}, which does not admit this: ${NEXT_STEP[status]}.`
}

/** The refusal of a claim, with what the run waits for. */
type NotClaimable = Extract<Refusal, { type: 'NotClaimable' }>

/** Explains why a run can't be claimed. */
export function explainNotClaimable({
  status,
  holder,
  claimableAt,
  waitsFor,
  children,
}: NotClaimable): string {
  if (holder)
    return `The run is ${status} and held by ${describeHolder(holder)}: wait until it is released${holder.until === null ? '' : ' or its lease has expired'}.`
  if (children.length > 0)
    return `The run waits for its children (${children.join(', ')}): it can be claimed when they have ended or are detached.`
  if (claimableAt !== null) {
    const why = waitsFor === null ? '' : ` (${waitsFor})`
    const end = status === 'QUEUED' ? 'pausing and resuming it' : 'resuming it without a claim'
    return `The run waits until ${new Date(claimableAt).toISOString()}${why}, and cannot be claimed before: wait, or end the delay by ${end}.`
  }
  return status === 'PAUSED' || status === 'FAILED'
    ? `The run is ${status}, and only a queued run can be claimed: resume it with a claim.`
    : `The run is ${status}, and only a queued run can be claimed: ${NEXT_STEP[status]}.`
}

/** Explains why a run can't be paused. */
export function explainNotPausable(status: RunStatus): string {
  if (status === 'PAUSED') return 'The run is already PAUSED: resume it to continue.'
  return `The run is ${status}, and cannot be paused: ${NEXT_STEP[status]}.`
}

/** Explains that the run can't be completed in its status, independent of the evidence. */
export function explainNotCompletable(status: RunStatus): string {
  return `The run is ${status}, and only a RUNNING run can be completed: ${NEXT_STEP[status]}.`
}

/** Explains why a run can't be deleted. */
export function explainNotDeletable(status: RunStatus, holder: Holder | null): string {
  if (!isSettledStatus(status))
    return `The run is ${status}, and only a settled run can be deleted: ${status === 'CANCELLING' ? 'wait until its owner has stopped' : 'cancel it first'}.`
  return holder
    ? `The run is ${status}, but still held by ${describeHolder(holder)}: delete it when it is released or its lease has expired.`
    : `The run is ${status}, and still held: delete it when it is released.`
}

/**
 * Explains that a claim does not drive the run.
 *
 * @param standing null if the caller may not see anything of the run
 */
export function explainLeaseLost(
  { yourFence, currentFence }: { readonly yourFence: number; readonly currentFence: number },
  standing: Standing | null,
): string {
  if (yourFence === 0 && standing) return explainNoFence(standing)
  const claim = nameClaim(yourFence, currentFence)
  if (!standing) return `${claim} does not hold the run. Stop your agent.`
  const { status, holder } = standing
  if (isSettledStatus(status)) {
    const next = status === 'FAILED' ? 'resume the run to continue' : 'its status is final'
    return `${claim} is over: the run is ${status}. Stop your agent; ${next}.`
  }
  if (holder)
    return `${claim} does not hold the run: ${holder.owner} does, under claim ${holder.fence}${until(holder)}. Stop your agent.`
  return status === 'QUEUED'
    ? `${claim} does not hold the run, which waits for an owner. Stop your agent; claim the run to continue.`
    : `${claim} is over, and the run is ${status}. Stop your agent; ${NEXT_STEP[status]}.`
}

/** A driving write without a fence belongs to no claim, so the sentence can't say that a claim is over. */
function explainNoFence({ status, holder }: Standing): string {
  if (holder)
    return `No fence was given, and ${holder.owner} holds the run under claim ${holder.fence}${until(holder)}: send that fence, if the claim is yours.`
  return status === 'QUEUED'
    ? 'No fence was given, and nobody holds the run: claim it, and send the fence of that claim.'
    : `No fence was given, and nobody holds the run, which is ${status}: ${NEXT_STEP[status]}.`
}

function nameClaim(yourFence: number, currentFence: number): string {
  if (yourFence === 0) return 'A write without a fence'
  return yourFence > currentFence
    ? `The claim ${yourFence}, which was never made (the last one is ${currentFence}),`
    : `The claim ${yourFence}`
}

function until({ expiresAt }: Claim): string {
  return expiresAt === null ? '' : ` until ${new Date(expiresAt).toISOString()}`
}
