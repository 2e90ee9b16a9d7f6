import { digestText } from '../activity/approvals.ts'
import type { AnswerSchema, Permission } from '../run/questions.ts'
import type { Json, Phase } from '../run/run.ts'
import type { Draft, Situation } from '../log/draft.ts'
import { type ApprovalKind, type ExpiryPolicy, isInTurnKind } from '../run/enums.ts'
import type { WorkflowPhase } from '../workflow/workflow.ts'
import { withdrawQuestion } from './withdrawQuestion.ts'

/** A question as put by a command, a workflow or a failed phase. */
export interface Question {
  readonly gate: string
  readonly kind: ApprovalKind
  readonly question: string
  readonly payload: Json
  readonly phase: Phase | null
  readonly artifact: { readonly id: string; readonly path: string; readonly sha256: string } | null
  readonly approvers: readonly string[]
  readonly isSelfApprovalAllowed: boolean
  readonly expiresInSeconds: number | null
  readonly onExpiry: ExpiryPolicy
  /** The session that asks, for a question asked in a turn. */
  readonly sessionId?: string | null
  readonly permission?: Permission | null
  readonly answerSchema?: AnswerSchema | null
  /** The git tree of the worktree that a REVIEW is about. */
  readonly tree?: string | null
}

/** What a workflow declares to be asked at a gate, as a question's fields. */
export function toQuestion({ allowSelfApproval, ...declared }: NonNullable<WorkflowPhase['approval']>) {
  return { ...declared, isSelfApprovalAllowed: allowSelfApproval }
}

/**
 * Opens an approval, bound to the digest of what is shown to the person. A question that was open in the agent's turn
 * is superseded by it: one is open per run.
 */
export function openQuestion(draft: Draft, { newApprovalId, sha256 }: Situation, question: Question): void {
  withdrawQuestion(draft, 'SUPERSEDED')
  const { phase, artifact, gate, kind, payload, expiresInSeconds } = question
  const { sessionId = null, permission = null, answerSchema = null } = question
  const attempt = phase && phase.attempts > 0 ? phase.attempts : null
  const shown = {
    gate,
    question: question.question,
    payload,
    artifactSha256: artifact?.sha256 ?? null,
    attempt,
  }
  const inTurn = isInTurnKind(kind) ? { sessionId, permission, answerSchema } : null
  const tree = kind === 'REVIEW' ? (question.tree ?? null) : null
  draft.note('approval.requested', {
    ...shown,
    id: newApprovalId(),
    phaseId: phase?.id ?? null,
    phase: phase?.key ?? null,
    kind,
    digest: sha256(digestText({ ...shown, tree, runId: draft.run.id }, inTurn)),
    expiresAt: expiresInSeconds === null ? null : new Date(draft.now + expiresInSeconds * 1000).toISOString(),
    onExpiry: question.onExpiry,
    approvers: [...question.approvers],
    allowSelfApproval: question.isSelfApprovalAllowed,
    awaitsApproval: kind === 'REVIEW' && phase !== null,
    ...inTurn,
    ...(tree !== null && { tree }),
  })
}
