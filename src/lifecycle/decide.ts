import type { Actor } from './run/actor.ts'
import type { Command, CommandOf, CommandType } from './run/commandInputs.ts'
import { directiveFor } from './answers/derive.ts'
import { applyDue } from './decide/due.ts'
import type { RunEvent } from './run/events.ts'
import { differingPaths } from './log/differingPaths.ts'
import type { RefusalNamed } from './run/refusals.ts'
import { type Json, liveClaim, type Run } from './run/run.ts'
import { isSettledStatus } from './run/enums.ts'
import { Draft, type KeptKey, type Situation } from './log/draft.ts'
import { approvalRules } from './decide/approvals.ts'
import { artifactRules } from './decide/artifacts.ts'
import { familyRules } from './decide/children.ts'
import { executionRules } from './decide/executions.ts'
import { messageRules } from './decide/messages.ts'
import { ownershipRules } from './decide/ownership.ts'
import { pausingRules } from './decide/pausing.ts'
import { phaseRules } from './decide/phases.ts'
import { roundRules } from './decide/rounds.ts'
import { sessionRules } from './decide/sessions.ts'
import { settlingRules } from './decide/settling.ts'
import type { RefusalOf, Rule, RuleTable, Ruling } from './decide/rule.ts'
import { admits, hasTransitions, stateOf } from './run/transitions.ts'

/** The result of a decision, as of the run after it. */
export type Verdict<T extends CommandType = CommandType> =
  | { readonly kind: 'accepted'; readonly changed: boolean; readonly deleted: boolean }
  | { readonly kind: 'replayed'; readonly kept: KeptKey }
  | { readonly kind: 'refused'; readonly refusal: RefusalOf<T> }

/** A decision: the events to write and the verdict to return. */
export interface Decision<T extends CommandType = CommandType> {
  readonly verdict: Verdict<T>
  /** Events to write: first those of due changes, then the command's own. */
  readonly events: readonly RunEvent[]
  /** The run after these events. */
  readonly run: Run
}

/** The rule of each command; a command without a rule does not compile. */
const RULES: RuleTable = {
  ...approvalRules,
  ...artifactRules,
  ...familyRules,
  ...executionRules,
  ...messageRules,
  ...ownershipRules,
  ...pausingRules,
  ...phaseRules,
  ...roundRules,
  ...sessionRules,
  ...settlingRules,
  sweep: ({ run }, _command, _situation, before) => (run === before ? 'unchanged' : 'accepted'),
}

/**
 * Decides one command about one run. Pure and total, and the only place with rules. The checks always run in the same
 * order: replay, due changes, fence, ifRevision, then the command's own rule (status first). Due changes are part of
 * the decision even if the command is refused.
 *
 * @param request the command's input as the caller sent it, compared with the input first used with the same key
 */
export function decide<C extends Command>(
  situation: Situation,
  command: C,
  actor: Actor,
  request: Json = null,
): Decision<C['type']> {
  // the type of RULES restricts which refusals the checks below can give each command
  return decideAny(situation, command, actor, request)
}

function decideAny(situation: Situation, command: Command, actor: Actor, request: Json): Decision {
  const { run, kept } = situation
  if (kept) {
    const paths = differingPaths(
      kept.request,
      isUnloggedRelease(kept, command) ? pickRunAndFence(request) : request,
    )
    const verdict: Verdict =
      paths.length === 0
        ? { kind: 'replayed', kept }
        : { kind: 'refused', refusal: { type: 'IdempotencyMismatch', differingPaths: paths } }
    return { verdict, events: [], run }
  }
  const due = applyDue(run, situation)
  const draft = new Draft(due.run, situation.workflow, situation.now, actor)
  const ruling =
    checkRepeated(draft, command) ??
    checkFence(draft, command) ??
    checkRevision(draft, command) ??
    checkSettled(draft, command) ??
    rule(draft, command, situation)
  const events = [...due.events, ...draft.events]
  return {
    verdict: toVerdict(addDirective(ruling, draft, command), draft.run !== run),
    events,
    run: draft.run,
  }
}

/**
 * A release after settling stores only the run and the fence with its key: a delay of the next claim has no effect
 * then.
 */
function isUnloggedRelease(kept: KeptKey, command: Command): boolean {
  return kept.event === null && command.type === 'releaseRun'
}

function pickRunAndFence(request: Json): Json {
  const { runId = null, fence = null } = request as { readonly [key: string]: Json }
  return { runId, fence }
}

function rule<T extends CommandType>(draft: Draft, command: CommandOf<T>, situation: Situation): Ruling {
  const decideCommand = RULES[command.type] as unknown as Rule<T>
  return decideCommand(draft, command, situation, situation.run)
}

function toVerdict(ruling: Ruling, changed: boolean): Verdict {
  if (typeof ruling === 'object') return { kind: 'refused', refusal: ruling }
  return { kind: 'accepted', changed: ruling === 'accepted' && changed, deleted: ruling === 'deleted' }
}

/**
 * Repeating `completeRun` with the fence that completed the run is accepted as unchanged, although the claim has
 * ended.
 */
function checkRepeated({ run }: Draft, command: Command): 'unchanged' | undefined {
  const isRepeated =
    command.type === 'completeRun' && run.status === 'COMPLETED' && command.fence === run.fence
  return isRepeated ? 'unchanged' : undefined
}

/** A driving write needs the fence of the claim on the row, and that claim must be live (G4). */
function checkFence({ run, now }: Draft, command: Command): RefusalNamed<'LeaseLost'> | undefined {
  if (!('fence' in command)) return undefined
  // a queued run has no owner, so failing it needs no fence
  if (command.type === 'failRun' && run.status === 'QUEUED' && command.fence === null) return undefined
  // a receipt after settling is answered with the final status of the message
  if (command.type === 'acknowledgeMessage' && isSettledStatus(run.status)) return undefined
  if (run.status !== 'QUEUED' && liveClaim(run.claim, now)?.fence === command.fence) return undefined
  return { type: 'LeaseLost', yourFence: command.fence ?? 0, currentFence: run.fence }
}

/**
 * Refuses a driving command on a run that settled under its owner, unless the command's transitions admit the status.
 */
function checkSettled({ run }: Draft, command: Command): RefusalNamed<'RunNotActive'> | undefined {
  if (!('fence' in command) || !isSettledStatus(run.status)) return undefined
  if (!hasTransitions(command.type) || admits(command.type, stateOf(run))) return undefined
  return { type: 'RunNotActive', status: run.status }
}

/** Adds the current directive to a status refusal if the caller holds the run. */
function addDirective(ruling: Ruling, { run, now }: Draft, command: Command): Ruling {
  if (typeof ruling !== 'object' || ruling.type !== 'RunNotActive' || !('fence' in command)) return ruling
  const { fence } = command
  const holds = fence !== null && liveClaim(run.claim, now)?.fence === fence
  return holds ? { ...ruling, directive: directiveFor(run, fence, now) } : ruling
}

function checkRevision({ run }: Draft, command: Command): RefusalNamed<'RevisionConflict'> | undefined {
  if (!('ifRevision' in command) || command.ifRevision === null || command.ifRevision === run.revision)
    return undefined
  return { type: 'RevisionConflict', expected: command.ifRevision, actual: run.revision }
}
