import { decisionsOf } from '../activity/approvals.ts'
import { missingArtifact, validArtifact } from '../activity/evidence.ts'
import { type Answer, answerShape, checkAnswer } from '../run/questions.ts'
import type { RefusalNamed } from '../run/refusals.ts'
import {
  type Approval,
  currentPhaseOf,
  holdsLease,
  type Json,
  liveClaim,
  openQuestionInTurn,
  type Run,
} from '../run/run.ts'
import { expireRun, fail } from './settleRun.ts'
import type { Settings } from '../run/settings.ts'
import { awayMsOf, type Draft } from '../log/draft.ts'
import { admits, stateOf } from '../run/transitions.ts'
import { findWorkflowPhase, workflowPhase } from '../workflow/workflow.ts'
import { type Decision, isInTurnKind, type RunStatus } from '../run/enums.ts'
import { askInTurn, checkOutOfTurn, decideWithdrawApproval } from './inTurn.ts'
import { openQuestion, toQuestion } from './openQuestion.ts'
import { illegalTransition, unknownPhase } from './phaseTransitions.ts'
import type { RefusalOf, Rule, RuleTable } from './rule.ts'
import { sessionsNeedingHuman } from './sessions.ts'

/** Opens an approval about the phase under way or about the run as a whole. */
const decideRequestApproval: Rule<'requestApproval'> = (draft, command, situation) => {
  const { run } = draft
  const { workflow } = situation
  const { phase: key, kind, ...question } = command
  if (isInTurnKind(kind)) return askInTurn(draft, { ...command, kind }, situation)
  // while a question is open in a turn, nothing else is asked
  if (!admits('requestApproval', stateOf(run)) || openQuestionInTurn(run))
    return { type: 'RunNotActive', status: run.status }
  const refused = checkOutOfTurn(command)
  if (refused) return refused
  if (key === null) {
    openQuestion(draft, situation, { ...question, kind, phase: null, artifact: null })
    return 'accepted'
  }
  if (!findWorkflowPhase(workflow, key)) return unknownPhase(key, workflow)
  const phase = currentPhaseOf(run)
  if (phase.key !== key || !(phase.status === 'RUNNING' || phase.status === 'AWAITING_ARTIFACT'))
    return illegalTransition(run, 'requestApproval', key, workflow)
  const missing = kind === 'REVIEW' ? missingArtifact(run, phase, workflow) : []
  if (missing.length > 0) return { type: 'NotCompletable', status: run.status, missing }
  const { approval: declared } = workflowPhase(workflow, key)
  // approved at any other gate, the phase would be COMPLETED without the approval its workflow requires
  if (declared && kind === 'REVIEW' && question.gate !== declared.gate)
    return { type: 'InvalidInput', issues: [{ path: ['gate'], message: otherGate(key, declared.gate) }] }
  // at the gate declared by the workflow, the workflow defines the question and the approvers
  const asked = declared && kind === 'REVIEW' ? { ...question, ...toQuestion(declared) } : question
  const artifact = validArtifact(run, phase, workflow) ?? null
  openQuestion(draft, situation, { ...asked, kind, phase, artifact })
  return 'accepted'
}

function otherGate(phase: string, gate: string): string {
  return `phase ${phase} is approved at gate ${gate}; ask at that gate, or anything else without naming a phase`
}

/** Records a person's decision: made once, bound to the digest of what was shown, and immutable. */
const decideDecideApproval: Rule<'decideApproval'> = (draft, command, { settings }) => {
  const { run } = draft
  const { approvalId, decision, digest, comment, answer } = command
  const approval = run.approvals.find((each) => each.id === approvalId)
  if (!approval) return { type: 'NotFound', kind: 'APPROVAL', id: approvalId }
  const refused = checkDecidable(run, approval, decision, digest)
  if (refused) return refused
  const answered = readAnswer(approval, decision, answer)
  if ('type' in answered) return answered
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
    ...answered,
  })
  if (fails) failRejected(draft, comment ?? `${approval.gate} was answered with ${decision}`)
  return 'accepted'
}

/** Applies the expiry policy of an approval that was not decided in time. */
export function expireApproval(draft: Draft, approval: Approval, settings: Settings): void {
  const { id, onExpiry, phaseId, kind, gate } = approval
  if (onExpiry === 'CONTINUE') {
    const runStatus = statusAfter(draft, approval)
    draft.note('approval.expired', { id, onExpiry, phaseId, runStatus, awayMs: awayMsOf(draft) })
    return
  }
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
      return { type: 'AlreadyDecided', approvalId, status, by: approval.decidedBy }
  }
  if (!admits('decideApproval', stateOf(run))) return { type: 'RunNotActive', status: run.status }
  const allowed = decisionsOf(approval)
  if (!allowed.includes(decision)) return { type: 'WrongDecision', approvalId, allowed }
  return digest === approval.digest ? undefined : { type: 'StaleDigest', approvalId }
}

/** Returns what the event of the decision says of an answer, or the refusal of one that the question does not admit. */
function readAnswer(
  { answerSchema }: Approval,
  decision: Decision,
  answer: Json,
): { readonly answer?: Answer } | RefusalNamed<'InvalidInput'> {
  if (decision !== 'ANSWER' || answerSchema === null)
    return answer === null ? {} : invalidAnswer('is for ANSWER to a QUESTION only')
  const parsed = answerShape.safeParse(answer)
  if (!parsed.success)
    return invalidAnswer('is no object of texts, numbers and true or false: one value for each field')
  const [problem, ...others] = checkAnswer(answerSchema, parsed.data)
  if (!problem) return { answer: parsed.data }
  const issues = [problem, ...others].map(({ field, message }) => ({ path: ['answer', field], message }))
  return { type: 'InvalidInput', issues }
}

function invalidAnswer(message: string): RefusalNamed<'InvalidInput'> {
  return { type: 'InvalidInput', issues: [{ path: ['answer'], message }] }
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
  withdrawApproval: decideWithdrawApproval,
} satisfies Partial<RuleTable>
