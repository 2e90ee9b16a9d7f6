import { ALLOWED_DECISIONS, digestText } from '../work/approvals.ts'
import { missingArtifact, validArtifact } from '../work/evidence.ts'
import {
  type Approval,
  currentPhaseOf,
  holdsLease,
  type Json,
  liveClaim,
  type Phase,
  type Run,
} from '../run/run.ts'
import { expireRun, fail } from './settleRun.ts'
import type { Settings } from '../run/settings.ts'
import { awayMsOf, type Draft, type Situation } from '../log/draft.ts'
import { admits } from '../run/transitions.ts'
import { findWorkflowPhase, workflowPhase } from '../workflow/workflow.ts'
import type { ApprovalKind, Decision, ExpiryPolicy, RunStatus } from '../run/words.ts'
import { illegalTransition, unknownPhase } from './phaseTransitions.ts'
import type { RefusalOf, Rule, RuleTable } from './rule.ts'
import { sessionsNeedingHuman } from './sessions.ts'

/** A question as put by a command, a workflow or a failed phase. */
export interface Question {
  readonly gate: string
  readonly kind: ApprovalKind
  readonly question: string
  readonly payload: Json
  readonly phase: Phase | null
  readonly artifact: { readonly id: string; readonly path: string; readonly sha256: string } | null
  readonly approvers: readonly string[]
  readonly allowSelfApproval: boolean
  readonly expiresInSeconds: number | null
  readonly onExpiry: ExpiryPolicy
}

/** Opens an approval, bound to the digest of what is shown to the person. */
export function openQuestion(draft: Draft, { newApprovalId, sha256 }: Situation, question: Question): void {
  const { phase, artifact, gate, kind, payload, expiresInSeconds } = question
  const attempt = phase && phase.attempts > 0 ? phase.attempts : null
  const shown = {
    gate,
    question: question.question,
    payload,
    artifactSha256: artifact?.sha256 ?? null,
    attempt,
  }
  draft.note('approval.requested', {
    ...shown,
    id: newApprovalId(),
    phaseId: phase?.id ?? null,
    phase: phase?.key ?? null,
    kind,
    digest: sha256(digestText(shown)),
    expiresAt: expiresInSeconds === null ? null : new Date(draft.now + expiresInSeconds * 1000).toISOString(),
    onExpiry: question.onExpiry,
    approvers: [...question.approvers],
    allowSelfApproval: question.allowSelfApproval,
    awaitsApproval: kind === 'REVIEW' && phase !== null,
  })
}

/** Opens an approval about the phase under way or about the run as a whole. */
const decideRequestApproval: Rule<'requestApproval'> = (draft, command, situation) => {
  const { run } = draft
  const { workflow } = situation
  if (!admits('requestApproval', run.status)) return { type: 'RunNotActive', status: run.status }
  const { phase: key, ...question } = command
  if (key === null) {
    openQuestion(draft, situation, { ...question, phase: null, artifact: null })
    return 'accepted'
  }
  if (!findWorkflowPhase(workflow, key)) return unknownPhase(key, workflow)
  const phase = currentPhaseOf(run)
  if (phase.key !== key || !(phase.status === 'RUNNING' || phase.status === 'AWAITING_ARTIFACT'))
    return illegalTransition(run, 'requestApproval', key, workflow)
  const missing = command.kind === 'REVIEW' ? missingArtifact(run, phase, workflow) : []
  if (missing.length > 0) return { type: 'NotCompletable', status: run.status, missing }
  const { approval: declared } = workflowPhase(workflow, key)
  // approved at any other gate, the phase would be COMPLETED without the approval its workflow requires
  if (declared && command.kind === 'REVIEW' && question.gate !== declared.gate)
    return { type: 'InvalidInput', issues: [{ path: ['gate'], message: otherGate(key, declared.gate) }] }
  // at the gate declared by the workflow, the workflow defines the question and the approvers
  const isDeclared = declared !== null && command.kind === 'REVIEW'
  const artifact = validArtifact(run, phase, workflow) ?? null
  openQuestion(draft, situation, { ...question, ...(isDeclared && declared), phase, artifact })
  return 'accepted'
}

function otherGate(phase: string, gate: string): string {
  return `phase ${phase} is approved at gate ${gate}; ask at that gate, or anything else without naming a phase`
}

/** Records a person's decision: made once, bound to the digest of what was shown, and immutable. */
const decideDecideApproval: Rule<'decideApproval'> = (draft, command, { settings }) => {
  const { run } = draft
  const { approvalId, decision, digest, comment } = command
  const approval = run.approvals.find((each) => each.id === approvalId)
  if (!approval) return { type: 'ApprovalNotFound', approvalId }
  const refused = checkDecidable(run, approval, decision, digest)
  if (refused) return refused
  const fails = decision === 'ABORT' || (decision === 'REJECT' && isPastRework(draft, approval, settings))
  const runStatus = fails ? run.status : statusAfter(draft, approval)
  draft.note('approval.decided', {
    id: approvalId,
    decision,
    digest,
    comment,
    phaseId: approval.phaseId,
    runStatus,
    awayMs: runStatus === run.status ? 0 : awayMsOf(draft),
    disposed: decision === 'RETRY' ? sessionsNeedingHuman(draft) : [],
  })
  if (fails) failRejected(draft, comment ?? `${approval.gate} was answered with ${decision}`)
  return 'accepted'
}

/** Applies the expiry policy of an approval that was not decided in time. */
export function expireApproval(draft: Draft, approval: Approval, settings: Settings): void {
  const { id, onExpiry, phaseId, kind, gate } = approval
  const said = `nobody decided ${gate} in time`
  const rejects = onExpiry === 'REJECT'
  const fails = rejects ? kind === 'RECOVERY' || isPastRework(draft, approval, settings) : true
  const runStatus = fails ? draft.run.status : statusAfter(draft, approval)
  draft.note('approval.expired', {
    id,
    onExpiry,
    phaseId,
    runStatus,
    awayMs: runStatus === draft.run.status ? 0 : awayMsOf(draft),
  })
  if (!fails) return
  if (rejects) failRejected(draft, said)
  else if (holdsLease(draft.run.claim, draft.now)) fail(draft, 'APPROVAL_EXPIRED', said, { leaseEnds: false })
  else expireRun(draft, 'APPROVAL_EXPIRED')
}

function checkDecidable(
  run: Run,
  approval: Approval,
  decision: Decision,
  digest: string,
): RefusalOf<'decideApproval'> | undefined {
  const { id: approvalId, status } = approval
  switch (status) {
    case 'VOID':
      return { type: 'RunNotActive', status: run.status }
    case 'EXPIRED':
      return { type: 'ApprovalExpired', approvalId }
    case 'PENDING':
      break
    default:
      return { type: 'AlreadyDecided', approvalId }
  }
  if (!admits('decideApproval', run.status)) return { type: 'RunNotActive', status: run.status }
  const allowed: readonly Decision[] = ALLOWED_DECISIONS[approval.kind]
  if (!allowed.includes(decision)) return { type: 'WrongDecision', approvalId, allowed }
  return digest === approval.digest ? undefined : { type: 'StaleDigest', approvalId }
}

/**
 * The run's status after an answer: RUNNING if it has an owner, otherwise QUEUED; a person's pause stays in place.
 */
function statusAfter({ run, now }: Draft, { kind }: Approval): RunStatus {
  if (kind === 'REVIEW' && run.status === 'PAUSED') return 'PAUSED'
  return liveClaim(run.claim, now) ? 'RUNNING' : 'QUEUED'
}

function isPastRework({ run, workflow }: Draft, { phaseId }: Approval, settings: Settings): boolean {
  const phase = run.phases.find(({ id }) => id === phaseId)
  return phase !== undefined && phase.rejections >= (workflow.maxRework ?? settings.maxRework)
}

function failRejected(draft: Draft, error: string): void {
  fail(draft, 'APPROVAL_REJECTED', error, { leaseEnds: !holdsLease(draft.run.claim, draft.now) })
}

/** The rules of commands about approvals. */
export const approvalRules = {
  requestApproval: decideRequestApproval,
  decideApproval: decideDecideApproval,
} satisfies Partial<RuleTable>
