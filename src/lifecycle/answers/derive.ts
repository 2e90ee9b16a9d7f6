import type { Actor } from '../run/actor.ts'
import { findDisqualification } from '../activity/approvals.ts'
import { mayDo } from '../run/authority.ts'
import { OFFERED_COMMANDS, RUN_COMMANDS, type RunCommand } from '../run/commands.ts'
import { allowedPhases, isRepairable, isStartable } from '../decide/phaseTransitions.ts'
import { awaitedChildren, whyNotResumable } from '../decide/ownership.ts'
import {
  lacksOnlyChildren,
  missingEvidence,
  missingForPhase,
  rejectedQuestions,
} from '../activity/evidence.ts'
import { attachedChildren } from '../run/family.ts'
import {
  claimableAt,
  currentPhaseOf,
  holdsLease,
  type Instant,
  isUnderWay,
  liveClaim,
  type Message,
  openApproval,
  openQuestionInTurn,
  type Run,
} from '../run/run.ts'
import type { MissingEvidence } from '../run/refusals.ts'
import type { Situation } from '../log/draft.ts'
import { isLiveSession } from '../activity/sessions.ts'
import { admits, stateOf } from '../run/transitions.ts'
import { workflowPhase } from '../workflow/workflow.ts'
import { type DirectiveKind, type NextAction, type NotResumableCause } from '../run/enums.ts'

type Rules = Pick<Situation, 'workflow' | 'settings' | 'now' | 'family' | 'continuedBy'>

/** True when `resumeRun` would be accepted now. */
export function isResumable(run: Run, rules: Rules): boolean {
  return whyNotResumable(run, rules) === null
}

/**
 * Returns the commands that would be accepted from this viewer now; for driving commands it assumes the right fence.
 */
export function allowedCommands(run: Run, rules: Rules, viewer: Actor): RunCommand[] {
  return RUN_COMMANDS.filter(
    (command) =>
      admits(OFFERED_COMMANDS[command], stateOf(run)) &&
      mayDo(viewer.role, OFFERED_COMMANDS[command]) &&
      (CONDITIONS[command]?.(run, rules, viewer) ?? true),
  )
}

const phaseIs = (test: (phase: ReturnType<typeof currentPhaseOf>) => boolean) => (run: Run) =>
  test(currentPhaseOf(run))

/** Conditions of a command beyond the status check. */
const CONDITIONS: {
  readonly [C in RunCommand]: ((run: Run, rules: Rules, viewer: Actor) => boolean) | null
} = {
  CLAIM: (run, rules) => liveClaim(run.claim, rules.now) === null && !waitsForClaim(run, rules),
  RELEASE: (run, { now }) => liveClaim(run.claim, now) !== null,
  PAUSE: null,
  RESUME: isResumable,
  CANCEL: null,
  CONFIRM_CANCEL: (run, { now }) => liveClaim(run.claim, now) !== null,
  DELETE: (run, { now, continuedBy }) => !holdsLease(run.claim, now) && continuedBy === null,
  COMPLETE: (run, rules) => missing(run, rules).length === 0,
  FAIL: null,
  START_PHASE: phaseIs((phase) => isStartable(phase) || isUnderWay(phase)),
  FAIL_PHASE: phaseIs(isUnderWay),
  ADVANCE_PHASE: (run, { workflow }) =>
    !isStartable(currentPhaseOf(run)) && allowedPhases(run, workflow).length > 0,
  COMPLETE_ROUND: (run, { workflow }) =>
    isAtRoundEnd(run, workflow) && missingForPhase(run, currentPhaseOf(run), workflow).length === 0,
  SUBMIT_ARTIFACT: phaseIs(isRepairable),
  REQUEST_APPROVAL: (run) => openApproval(run) === undefined,
  WITHDRAW_APPROVAL: null,
  DECIDE_APPROVAL: (run, _, viewer) => {
    const approval = openApproval(run)
    return approval !== undefined && findDisqualification(run, approval, viewer) === null
  },
  SEND_MESSAGE: null,
  DETACH: (run) => run.parentId !== null && !run.detached,
}

/** True for a run that can't be claimed yet: its `notBefore` lies ahead, or it waits for its children. */
function waitsForClaim(run: Run, { now, family }: Rules): boolean {
  return claimableAt(run, now) !== null || awaitedChildren(run, family).length > 0
}

/** Returns the next step for an agent, as an enum value. */
export function nextAction(run: Run, rules: Rules): NextAction {
  switch (run.status) {
    case 'QUEUED':
      return waitsForClaim(run, rules) ? 'WAIT' : 'CLAIM'
    case 'RUNNING':
      return nextStep(run, rules)
    case 'AWAITING_APPROVAL':
      return 'DECIDE_APPROVAL'
    case 'CANCELLING':
      return 'WAIT'
    case 'PAUSED':
      return openApproval(run) ? 'DECIDE_APPROVAL' : 'RESUME'
    default:
      return afterStop(whyNotResumable(run, rules))
  }
}

/** Why a settled run can't be resumed, now or later. */
const LASTING: ReadonlySet<NotResumableCause> = new Set([
  'FINAL',
  'RESUME_CAP',
  'CONTINUED',
  'PARENT',
  'CONTENT_REMOVED',
])

/** The next action for a settled run, derived from why it can't be resumed. */
function afterStop(because: NotResumableCause | null): NextAction {
  if (because === null) return 'RESUME'
  return LASTING.has(because) ? 'NONE' : 'WAIT'
}

/** Returns the evidence that the run lacks to be COMPLETED; empty if it lacks none. */
export function missing(
  run: Run,
  { workflow, family }: Pick<Rules, 'workflow' | 'family'>,
): MissingEvidence[] {
  return missingEvidence(run, workflow, attachedChildren(family))
}

function nextStep(run: Run, rules: Rules): NextAction {
  const { workflow } = rules
  const current = currentPhaseOf(run)
  if (isStartable(current)) return 'START_PHASE'
  const lacking = missing(run, rules)
  if (lacking.length === 0) return 'COMPLETE'
  if (lacksOnlyChildren(lacking)) return 'WAIT'
  if (isUnderWay(current)) return 'WORK'
  if (isAtRoundEnd(run, workflow)) return 'COMPLETE_ROUND'
  if (rejectedQuestions(run).length > 0 && workflowPhase(workflow, current.key).next.length === 0)
    return 'WORK'
  return workflowPhase(workflow, current.key).next.length > 0 ? 'ADVANCE' : 'WAIT'
}

function isAtRoundEnd(run: Run, workflow: Rules['workflow']): boolean {
  const current = currentPhaseOf(run)
  return current.key === workflow.completeRoundAt && !run.roundComplete && !isStartable(current)
}

/**
 * Returns the directive for the holder of a fence: continue, wait, pause, cancel, stop, or lease lost. The last directive
 * of a stream is STOP or LEASE_LOST.
 */
export function directiveFor(run: Run, fence: number, now: Instant): DirectiveKind {
  if (liveClaim(run.claim, now)?.fence !== fence)
    return run.settledAt !== null && run.fence === fence ? 'STOP' : 'LEASE_LOST'
  switch (run.status) {
    case 'RUNNING':
      return 'CONTINUE'
    case 'CANCELLING':
      return 'CANCEL'
    case 'AWAITING_APPROVAL':
      return openQuestionInTurn(run) ? 'WAIT' : 'PAUSE'
    case 'PAUSED':
      return 'PAUSE'
    case 'QUEUED':
      return 'LEASE_LOST'
    default:
      return 'STOP'
  }
}

/** A directive to an owner; a MESSAGE carries the message that was sent to it. */
export interface Directive {
  readonly kind: DirectiveKind
  readonly message: Message | null
}

/**
 * Returns all current directives for the holder of a fence: the state of its claim, then the unacknowledged messages.
 * A FOLLOW_UP is held back until a session is READY; a run without live sessions gets it immediately.
 */
export function directivesFor(run: Run, fence: number, now: Instant): Directive[] {
  const kind = directiveFor(run, fence, now)
  const isHeld = kind !== 'STOP' && kind !== 'LEASE_LOST'
  const live = run.sessions.filter(isLiveSession)
  const isReady = live.length === 0 || live.some(({ status }) => status === 'READY')
  const due = run.messages.filter(({ status, mode }) => status === 'PENDING' && (mode === 'STEER' || isReady))
  const messages = isHeld ? due.map((message) => ({ kind: 'MESSAGE' as const, message })) : []
  return [{ kind, message: null }, ...messages]
}
