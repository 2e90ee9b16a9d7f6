import {
  type Disqualification,
  findDisqualification,
  findStandingPermission,
} from '../../lifecycle/activity/approvals.ts'
import type { AnswerSchema, Permission } from '../../lifecycle/run/questions.ts'
import type { Approval, Json, Run } from '../../lifecycle/run/run.ts'
import type { ApprovalKind, Decision, ExpiryPolicy } from '../../lifecycle/run/enums.ts'
import { objection, type RefusedWith, type ResultOf } from '../kit/answers.ts'
import { findApprovals } from '../../store/activity/findWork.ts'
import { type WorkSuccess, changeWork, withRow, withRowMade } from './changeWork.ts'
import { changeRun } from '../run/changeRun.ts'
import { actorOf, type Caller, type Commands, fenceOf, type Keyed } from '../kit/context.ts'
import { type DrivingInput, requestOf } from '../run/runCommands.ts'

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
  readonly isSelfApprovalAllowed?: boolean | null | undefined
  readonly sessionId?: string | null | undefined
  readonly permission?: PermissionAsked | null | undefined
  /** What may be answered to a QUESTION; absent: any text. */
  readonly answerSchema?: AnswerSchema | null | undefined
  /** The git tree of the worktree that a REVIEW is about. */
  readonly tree?: string | null | undefined
}

/** The action that a PERMISSION is asked for. */
export interface PermissionAsked extends Pick<Permission, 'kind'> {
  readonly program?: string | null | undefined
  readonly path?: string | null | undefined
}

/**
 * Opens an approval; the run waits for it. A permission that was allowed always in its session is answered by that
 * approval, and nothing is opened. Problems: IllegalTransition, UnknownPhase, NotCompletable if the artifact
 * to approve is missing, RunNotActive, LeaseLost.
 */
export async function requestApproval(
  commands: Commands,
  caller: Caller,
  input: RequestApproval,
): Promise<ResultOf<'requestApproval', WorkSuccess<Approval>>> {
  const { kind = 'OTHER', program = null, path = null } = input.permission ?? {}
  const permission = input.permission ? { kind, program, path } : null
  const sessionId = input.sessionId ?? null
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
      isSelfApprovalAllowed: input.isSelfApprovalAllowed ?? true,
      sessionId,
      permission,
      answerSchema: input.answerSchema ?? null,
      tree: input.tree ?? null,
      fence: fenceOf(caller, input.fence),
    },
    ...requestOf(input),
  })
  if (!answer.ok) return answer
  const standing = answer.changed
    ? undefined
    : findStandingPermission(answer.run.run, { sessionId, permission })
  if (standing) return withRow(answer, standing)
  const id = answer.event?.type === 'approval.requested' ? answer.event.payload.id : null
  return withRowMade(commands, answer, { id, among: answer.run.run.approvals, find: findApprovals })
}

/** A person's decision, with the digest of what the person was shown. */
export interface DecideApproval extends Keyed {
  readonly approvalId: string
  readonly decision: Decision
  readonly digest: string
  readonly comment?: string | null | undefined
  /** The value of an ANSWER. */
  readonly answer?: Json | undefined
}

/**
 * Decides an approval, once. Problems: WrongDecision, AlreadyDecided, ApprovalExpired, StaleDigest, NotFound,
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
    command: {
      type: 'decideApproval',
      approvalId,
      decision,
      digest,
      comment: input.comment ?? null,
      answer: input.answer ?? null,
    },
    input,
    authorize: (run) => checkApprover(caller, run, approvalId),
    pick: (run) => run.approvals.find(({ id }) => id === approvalId),
  })
}

/** The end of a question that is no longer asked. */
export interface WithdrawApproval extends Keyed {
  readonly approvalId: string
  readonly fence?: number | null | undefined
}

/**
 * Withdraws the question that is open in the middle of a turn; the run is RUNNING again. Repeating it changes nothing.
 * Problems: AlreadyDecided, NotFound, RunNotActive, LeaseLost.
 */
export function withdrawApproval(
  commands: Commands,
  caller: Caller,
  input: WithdrawApproval,
): Promise<ResultOf<'withdrawApproval', WorkSuccess<Approval>>> {
  const { approvalId } = input
  return changeWork(commands, caller, {
    table: 'approval',
    id: approvalId,
    command: { type: 'withdrawApproval', approvalId, fence: fenceOf(caller, input.fence) },
    input,
    pick: (run) => run.approvals.find(({ id }) => id === approvalId),
  })
}

function checkApprover(caller: Caller, run: Run, approvalId: string): RefusedWith<'Forbidden'> | undefined {
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
