import { findStandingPermission } from '../activity/approvals.ts'
import { isLiveSession } from '../activity/sessions.ts'
import type { CommandOf } from '../run/commandInputs.ts'
import type { RefusalNamed } from '../run/refusals.ts'
import { ANY_TEXT } from '../run/questions.ts'
import { currentPhaseOf, holdsLease, openQuestionInTurn } from '../run/run.ts'
import { ANSWER_SECONDS } from '../run/settings.ts'
import type { Draft, Situation } from '../log/draft.ts'
import { admits, stateOf } from '../run/transitions.ts'
import { findWorkflowPhase } from '../workflow/workflow.ts'
import { type InTurnKind, isInTurnKind } from '../run/enums.ts'
import { illegalTransition, unknownPhase } from './phaseTransitions.ts'
import { openQuestion } from './openQuestion.ts'
import { withdrawQuestion } from './withdrawQuestion.ts'
import type { Outcome, Rule } from './rule.ts'

type Asked = CommandOf<'requestApproval'>

/**
 * Opens a question that the agent asks in the middle of its turn. The owner stays at work, so it must hold a lease that
 * would expire, and must have announced that it knows the kind. What a person allowed always in this session is
 * answered by that decision: nothing is opened.
 */
export function askInTurn(
  draft: Draft,
  command: Asked & { readonly kind: InTurnKind },
  situation: Situation,
): Outcome<'requestApproval'> {
  const { run } = draft
  const { workflow } = situation
  if (!admits('requestApproval', stateOf(run))) return { type: 'RunNotActive', status: run.status }
  const refused = checkAsked(draft, command)
  if (refused) return refused
  if (findStandingPermission(run, command)) return 'unchanged'
  // one at a time: the owner holds others back
  if (openQuestionInTurn(run)) return { type: 'RunNotActive', status: run.status }
  const { phase: key, answerSchema, expiresInSeconds, ...asked } = command
  if (key !== null && !findWorkflowPhase(workflow, key)) return unknownPhase(key, workflow)
  if (key !== null && key !== run.currentPhase)
    return illegalTransition(run, 'requestApproval', key, workflow)
  openQuestion(draft, situation, {
    ...asked,
    phase: key === null ? null : currentPhaseOf(run),
    artifact: null,
    answerSchema: command.kind === 'QUESTION' ? (answerSchema ?? ANY_TEXT) : null,
    expiresInSeconds: expiresInSeconds ?? ANSWER_SECONDS,
    onExpiry: 'CONTINUE',
  })
  return 'accepted'
}

function checkAsked(
  { run, now }: Draft,
  { kind, permission, answerSchema, sessionId, onExpiry }: Asked,
): RefusalNamed<'InvalidInput' | 'NotFound'> | undefined {
  if (!holdsLease(run.claim, now))
    return invalid('kind', `a ${kind} needs an owner with a lease: the agent waits under it`)
  if (!run.claim?.kinds.some((known) => known === kind))
    return invalid(
      'kind',
      `the owner of the run did not announce that it knows ${kind}; ask a REVIEW instead`,
    )
  if (kind === 'PERMISSION' && permission === null)
    return invalid('permission', 'is required for a PERMISSION')
  if (kind === 'QUESTION' && permission !== null) return invalid('permission', 'is for a PERMISSION only')
  if (kind === 'PERMISSION' && answerSchema !== null) return invalid('answerSchema', 'is for a QUESTION only')
  if (onExpiry === 'REJECT' || onExpiry === 'EXPIRE_RUN')
    return invalid('onExpiry', `nothing but CONTINUE follows a ${kind} that nobody answers`)
  if (sessionId === null || run.sessions.some((each) => each.id === sessionId && isLiveSession(each)))
    return undefined
  return { type: 'NotFound', kind: 'SESSION', id: sessionId }
}

/** Returns a refusal if a question of another kind names what only one asked in a turn has. */
export function checkOutOfTurn({
  permission,
  answerSchema,
  sessionId,
  onExpiry,
}: Asked): RefusalNamed<'InvalidInput'> | undefined {
  if (permission !== null) return invalid('permission', 'is for a PERMISSION only')
  if (answerSchema !== null) return invalid('answerSchema', 'is for a QUESTION only')
  if (sessionId !== null) return invalid('sessionId', 'is for a PERMISSION or a QUESTION only')
  return onExpiry === 'CONTINUE'
    ? invalid('onExpiry', 'CONTINUE is for a PERMISSION or a QUESTION only')
    : undefined
}

function invalid(field: string, message: string): RefusalNamed<'InvalidInput'> {
  return { type: 'InvalidInput', issues: [{ path: [field], message }] }
}

/** Ends the question that the owner's agent no longer asks: the agent gave up, went on, or ended. */
export const decideWithdrawApproval: Rule<'withdrawApproval'> = (draft, { approvalId }) => {
  const { run } = draft
  const approval = run.approvals.find(({ id }) => id === approvalId)
  if (!approval) return { type: 'NotFound', kind: 'APPROVAL', id: approvalId }
  if (!isInTurnKind(approval.kind)) return { type: 'RunNotActive', status: run.status }
  if (approval.status === 'VOID') return 'unchanged'
  if (approval.status !== 'PENDING')
    return { type: 'AlreadyDecided', approvalId, status: approval.status, by: approval.decidedBy }
  if (!admits('withdrawApproval', stateOf(run))) return { type: 'RunNotActive', status: run.status }
  withdrawQuestion(draft, 'WITHDRAWN')
  return 'accepted'
}
