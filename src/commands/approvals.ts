import type { Approval, Json, Run } from '../lifecycle/run.ts'
import type { ApprovalKind, Decision, ExpiryPolicy } from '../lifecycle/words.ts'
import { object, type Refused } from './answers.ts'
import { findApprovals } from '../store/findBelow.ts'
import { type BelowAnswer, changeBelow, withRowMade } from './below.ts'
import { changeRun } from './changeRun.ts'
import { type Caller, type Commands, fenceOf, type Keyed } from './context.ts'
import { type Driving, toRequest } from './runCommands.ts'

/** A question for a person. */
export interface RequestApproval extends Driving {
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
 * Asks a person; the run waits. Problems: IllegalTransition, UnknownPhase, NotCompletable where the artifact to approve
 * is missing, RunNotActive, LeaseLost.
 */
export async function requestApproval(
  commands: Commands,
  caller: Caller,
  input: RequestApproval,
): Promise<BelowAnswer<Approval>> {
  const answer = await changeRun(commands, caller, {
    operation: 'requestApproval',
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

/** A person's answer, with the digest of what the person was shown. */
export interface DecideApproval extends Keyed {
  readonly approvalId: string
  readonly decision: Decision
  readonly digest: string
  readonly comment?: string | null | undefined
}

/**
 * Answers an approval, once. Problems: WrongDecision, AlreadyDecided, ApprovalExpired, StaleDigest, ApprovalNotFound,
 * RunNotActive, and Forbidden for who is not among the approvers, or asked for it where that is ruled out.
 */
export function decideApproval(
  commands: Commands,
  caller: Caller,
  input: DecideApproval,
): Promise<BelowAnswer<Approval>> {
  const { approvalId, decision, digest } = input
  return changeBelow(commands, caller, {
    operation: 'decideApproval',
    table: 'approval',
    id: approvalId,
    command: { type: 'decideApproval', approvalId, decision, digest, comment: input.comment ?? null },
    input,
    authorize: (run) => checkApprover(caller, run, approvalId),
    pick: (run) => run.approvals.find(({ id }) => id === approvalId),
  })
}

function checkApprover({ name }: Caller, run: Run, approvalId: string): Refused | undefined {
  const approval = run.approvals.find(({ id }) => id === approvalId)
  if (!approval) return undefined
  const { approvers, requestedBy, allowSelfApproval } = approval
  if (approvers.length > 0 && !approvers.includes(name))
    return object({
      type: 'Forbidden',
      requiredRole: null,
      detail: `Only ${approvers.join(', ')} may decide this.`,
    })
  if (!allowSelfApproval && requestedBy === name)
    return object({
      type: 'Forbidden',
      requiredRole: null,
      detail: 'Who asked for this approval may not give it.',
    })
  return undefined
}
