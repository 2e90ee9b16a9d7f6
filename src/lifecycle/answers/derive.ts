import type { Actor } from '../run/actor.ts'
import { findDisqualification } from '../work/approvals.ts'
import { mayDo } from '../run/authority.ts'
import { OFFERED_COMMANDS, RUN_COMMANDS, type RunCommand } from '../run/commands.ts'
import { allowedPhases, isRepairable, isStartable } from '../decide/phaseTransitions.ts'
import { awaitedChildren, whyNotResumable } from '../decide/ownership.ts'
import { lacksOnlyChildren, missingEvidence, missingForPhase, rejectedQuestions } from '../work/evidence.ts'
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
  type Run,
} from '../run/run.ts'
import type { MissingEvidence } from '../run/refusals.ts'
import type { Situation } from '../log/draft.ts'
import { isLiveSession } from '../work/sessions.ts'
import { admits } from '../run/transitions.ts'
import { workflowPhase } from '../workflow/workflow.ts'
import { type DirectiveKind, type NextAction, type NotResumableCause } from '../run/words.ts'

type Rules = Pick<Situation, 'workflow' | 'settings' | 'now' | 'family' | 'continuedBy'>

/** True where `resume` would be accepted now. */
export function isResumable(run: Run, rules: Rules): boolean {
  return whyNotResumable(run, rules) === null
}

/** The commands that would be accepted now from this viewer, a driver with the right fence assumed. */
export function allowedCommands(run: Run, rules: Rules, viewer: Actor): RunCommand[] {
  return RUN_COMMANDS.filter(
    (command) =>
      admits(OFFERED_COMMANDS[command], run.status) &&
      mayDo(viewer.role, OFFERED_COMMANDS[command]) &&
      (CONDITIONS[command]?.(run, rules, viewer) ?? true),
  )
}

const phaseIs = (test: (phase: ReturnType<typeof currentPhaseOf>) => boolean) => (run: Run) =>
  test(currentPhaseOf(run))

/** What a command needs beside the status it is admitted in. */
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
  REQUEST_APPROVAL: null,
  DECIDE_APPROVAL: (run, _, viewer) => {
    const approval = openApproval(run)
    return approval !== undefined && findDisqualification(run, approval, viewer) === null
  },
  SEND_MESSAGE: null,
  DETACH: (run) => run.parentId !== null && !run.detached,
}

/** True for a run that nobody may claim yet: it waits for a moment, or for its children. */
function waitsForClaim(run: Run, { now, family }: Rules): boolean {
  return claimableAt(run, now) !== null || awaitedChildren(run, family).length > 0
}

/** What an agent should do next, without prose. */
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

/** What is left to do about a run that stands still, from why it can't be resumed. */
function afterStop(because: NotResumableCause | null): NextAction {
  if (because === null) return 'RESUME'
  return because === 'FINAL' || because === 'RESUME_CAP' || because === 'CONTINUED' || because === 'PARENT'
    ? 'NONE'
    : 'WAIT'
}

/** What stands between the run and COMPLETED. */
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
 * What the server tells whoever holds a fence: to go on, to stop, or that its claim is over. The last of a stream is
 * STOP or LEASE_LOST.
 */
export function directiveFor(run: Run, fence: number, now: Instant): DirectiveKind {
  if (liveClaim(run.claim, now)?.fence !== fence)
    return run.settledAt !== null && run.fence === fence ? 'STOP' : 'LEASE_LOST'
  switch (run.status) {
    case 'RUNNING':
      return 'CONTINUE'
    case 'CANCELLING':
      return 'CANCEL'
    case 'PAUSED':
    case 'AWAITING_APPROVAL':
      return 'PAUSE'
    case 'QUEUED':
      return 'LEASE_LOST'
    default:
      return 'STOP'
  }
}

/** Something an owner is told; a MESSAGE carries the text that was sent to it. */
export interface Directive {
  readonly kind: DirectiveKind
  readonly message: Message | null
}

/**
 * All that whoever holds a fence is told now: how its claim stands, then the messages that nobody has acknowledged. A
 * FOLLOW_UP waits until a session is READY; where there is no session, nothing is to be waited for.
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
