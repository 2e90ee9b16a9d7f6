import type { Actor } from './run/actor.ts'
import type { Command, CommandOf, CommandType } from './run/commandInputs.ts'
import { directiveFor } from './answers/derive.ts'
import { applyDue } from './decide/due.ts'
import type { RunEvent } from './run/events.ts'
import { differingFields } from './log/keptRequest.ts'
import type { RefusalNamed } from './run/refusals.ts'
import type { Result } from './run/result.ts'
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
import type { Outcome, RefusalOf, Rule, RuleTable } from './decide/rule.ts'
import { admits, hasTransitions, stateOf } from './run/transitions.ts'

/** The command was accepted, now or earlier under the same key. */
export interface Accepted {
  readonly ok: true
  /** False if there was nothing to change. */
  readonly changed: boolean
  readonly deleted: boolean
  /** True if the command was accepted earlier, under the same idempotency key. */
  readonly replayed: boolean
  /** The last event of the command, now or of the original request; null if it has none. */
  readonly event: RunEvent | null
}

/** A decision: the events to write and the result to return. */
export interface Decision<T extends CommandType = CommandType> {
  readonly result: Result<Accepted, RefusalOf<T>>
  /** Events to write: first those of due changes, then the command's own. */
  readonly events: readonly RunEvent[]
  /** The run after these events. */
  readonly run: Run
  /** True if changes were due, whatever was asked. */
  readonly isDue: boolean
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
  if (kept) return { result: replay(kept, command, request, situation.sha256), events: [], run, isDue: false }
  const due = applyDue(run, situation)
  const draft = new Draft(due.run, situation.workflow, situation.now, actor)
  const outcome =
    checkRepeated(draft, command) ??
    checkFence(draft, command) ??
    checkRevision(draft, command) ??
    checkSettled(draft, command) ??
    rule(draft, command, situation)
  const events = [...due.events, ...draft.events]
  return {
    result: toResult(addDirective(outcome, draft, command), draft.run !== run, events),
    events,
    run: draft.run,
    isDue: due.run !== run,
  }
}

/** Returns the first result under the key, or a refusal if the input differs. */
function replay(
  kept: KeptKey,
  command: Command,
  request: Json,
  sha256: Situation['sha256'],
): Decision['result'] {
  const paths = differingFields(
    kept.request,
    isUnloggedRelease(kept, command) ? pickRunAndFence(request) : request,
    sha256,
  )
  if (paths.length > 0) return { ok: false, problem: { type: 'IdempotencyMismatch', differingPaths: paths } }
  // a key is stored only with a change, so the first result was `changed: true`
  return { ok: true, changed: true, deleted: false, replayed: true, event: kept.event }
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

function rule<T extends CommandType>(draft: Draft, command: CommandOf<T>, situation: Situation): Outcome {
  const decideCommand = RULES[command.type] as unknown as Rule<T>
  return decideCommand(draft, command, situation, situation.run)
}

function toResult(outcome: Outcome, isChanged: boolean, events: readonly RunEvent[]): Decision['result'] {
  if (typeof outcome === 'object') return { ok: false, problem: outcome }
  const changed = outcome === 'accepted' && isChanged
  // due changes are not events of a command that changed nothing
  const event = changed ? (events.at(-1) ?? null) : null
  return { ok: true, changed, deleted: outcome === 'deleted', replayed: false, event }
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
function addDirective(outcome: Outcome, { run, now }: Draft, command: Command): Outcome {
  if (typeof outcome !== 'object' || outcome.type !== 'RunNotActive' || !('fence' in command)) return outcome
  const { fence } = command
  const holds = fence !== null && liveClaim(run.claim, now)?.fence === fence
  return holds ? { ...outcome, directive: directiveFor(run, fence, now) } : outcome
}

function checkRevision({ run }: Draft, command: Command): RefusalNamed<'RevisionConflict'> | undefined {
  const { ifRevision: expected } = command
  if (expected == null || expected === run.revision) return undefined
  return { type: 'RevisionConflict', expected, actual: run.revision }
}
