import { type Disqualification, findDisqualification } from '../../lifecycle/work/approvals.ts'
import type { Approval, Json, Run } from '../../lifecycle/run/run.ts'
import type { ApprovalKind, Decision, ExpiryPolicy } from '../../lifecycle/run/words.ts'
import { objection, type Refused, type ResultOf } from '../kit/answers.ts'
import { findApprovals } from '../../store/work/findWork.ts'
import { type WorkSuccess, changeWork, withRowMade } from './changeWork.ts'
import { changeRun } from '../run/changeRun.ts'
import { actorOf, type Caller, type Commands, fenceOf, type Keyed } from '../kit/context.ts'
import { type DrivingInput, toRequest } from '../run/runCommands.ts'

/** A question to a person. */
export interface RequestApproval extends DrivingInput {
  readonly phase?: string | null | undefined
  readonly gate: string
  readonly kind?: ApprovalKind | null | undefined
  readonly question: string
  readonly payload?: Json | undefined
  readonly expiresInSeconds?: number | null | undefined
  readonly onExpiry?: ExpiryPolicy | null | undefined
  readonly approvers?: readonly string[] | null | undefined
  readonly allowSelfApproval?: boolean | null | undefined
}

/**
 * Opens an approval; the run waits for it. Problems: IllegalTransition, UnknownPhase, NotCompletable if the artifact
 * to approve is missing, RunNotActive, LeaseLost.
 */
export async function requestApproval(
  commands: Commands,
  caller: Caller,
  input: RequestApproval,
): Promise<ResultOf<'requestApproval', WorkSuccess<Approval>>> {
  const answer = await changeRun(commands, caller, {
    runId: input.runId,
    command: {
      type: 'requestApproval',
      phase: input.phase ?? null,
      gate: input.gate,
      kind: input.kind ?? 'REVIEW',
      question: input.question,
      payload: input.payload ?? null,
      expiresInSeconds: input.expiresInSeconds ?? null,
      onExpiry: input.onExpiry ?? 'WAIT',
      approvers: input.approvers ?? [],
      allowSelfApproval: input.allowSelfApproval ?? true,
      fence: fenceOf(caller, input.fence),
    },
    idempotencyKey: input.idempotencyKey,
    request: toRequest(input),
  })
  if (!answer.ok) return answer
  const id = answer.event?.type === 'approval.requested' ? answer.event.payload.id : null
  return withRowMade(commands, answer, { id, among: answer.run.run.approvals, find: findApprovals })
}

/** A person's decision, with the digest of what the person was shown. */
export interface DecideApproval extends Keyed {
  readonly approvalId: string
  readonly decision: Decision
  readonly digest: string
  readonly comment?: string | null | undefined
}

/**
 * Decides an approval, once. Problems: WrongDecision, AlreadyDecided, ApprovalExpired, StaleDigest, ApprovalNotFound,
 * RunNotActive, and Forbidden for a caller that is not among the approvers, or, without self-approval, requested it,
 * started the run or claimed it.
 */
export function decideApproval(
  commands: Commands,
  caller: Caller,
  input: DecideApproval,
): Promise<ResultOf<'decideApproval', WorkSuccess<Approval>>> {
  const { approvalId, decision, digest } = input
  return changeWork(commands, caller, {
    table: 'approval',
    id: approvalId,
    command: { type: 'decideApproval', approvalId, decision, digest, comment: input.comment ?? null },
    input,
    authorize: (run) => checkApprover(caller, run, approvalId),
    pick: (run) => run.approvals.find(({ id }) => id === approvalId),
  })
}

function checkApprover(caller: Caller, run: Run, approvalId: string): Refused<'Forbidden'> | undefined {
  const approval = run.approvals.find(({ id }) => id === approvalId)
  const bar = approval && findDisqualification(run, approval, actorOf(caller))
  if (!approval || !bar) return undefined
  const detail =
    bar === 'NOT_NAMED'
      ? `Only ${approval.approvers.join(', ')} may decide this.`
      : `Nobody may approve what is their own here, and ${OWN[bar]}: ask somebody else to decide.`
  return objection({ type: 'Forbidden', requiredRole: null, detail })
}

const OWN: Readonly<Record<Exclude<Disqualification, 'NOT_NAMED'>, string>> = {
  ASKED: 'you asked for this approval',
  STARTED: 'you started the run',
  CLAIMED: 'you hold or held the run, so its agent worked for you',
}
