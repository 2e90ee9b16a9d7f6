import type { AboutAction, ActionOf } from './actions.ts'
import {
  graphOf,
  isActive,
  isAsking,
  isAtWork,
  isLeased,
  isWorkedOn,
  openApprovalOf,
  phaseAt,
} from './beliefs.ts'
import type { Driving, FenceChoice, PhaseChoice } from './choices.ts'
import type { Model, ModelRun } from './modelState.ts'

/** The run that an action is about, with `fit` one that it makes sense for; undefined if there is none. */
export function chooseRun(model: Model, action: AboutAction): ModelRun | undefined {
  const among = action.fit ? model.runs.filter((run) => !run.deleted && fits(run, action)) : model.runs
  return among[action.run % (among.length || 1)]
}

/** Whether an action makes sense for a run: there it may be accepted. */
export function fits(run: ModelRun, action: AboutAction): boolean {
  const here = phaseAt(run).status
  const { status } = run
  const isRunning = status === 'RUNNING'
  const isOwned = isAtWork(run)
  const isWorked = isOwned && isWorkedOn(phaseAt(run))
  const isSettled = !isActive(run)
  switch (action.kind) {
    case 'claim':
      return status === 'QUEUED'
    case 'release':
    case 'renew':
      return run.claim !== null
    case 'confirmCancel':
      return status === 'CANCELLING'
    case 'pause':
      return status === 'QUEUED' || isRunning || status === 'AWAITING_APPROVAL'
    case 'cancel':
      return status !== 'CANCELLING' && (!isSettled || status === 'FAILED')
    case 'resume':
      return status === 'PAUSED' || status === 'FAILED'
    case 'detach':
      return run.parentId !== null && !run.detached && !isSettled
    case 'delete':
      return isSettled
    case 'finish':
      return run.executions.some(({ told }) => !told)
    case 'complete':
      return isRunning && graphOf(run).final && here !== 'PENDING'
    case 'startPhase':
      return isOwned && isWorkedOn(phaseAt(run)) === action.repair
    case 'advance':
      return isRunning && (isWorked || here === 'COMPLETED')
    case 'failPhase':
      return isWorked
    case 'submit':
      return isWorked && graphOf(run).artifact !== null
    case 'completeRound':
      return isOwned && run.at === run.workflow.completeRoundAt
    case 'askApproval':
      return action.phase === 'none' ? isRunning : isWorked
    case 'askInTurn':
      return isOwned && isLeased(run.claim, 0)
    case 'withdraw':
      return isAsking(run)
    case 'updateSession':
      return isOwned && run.sessions.some(({ status }) => status !== 'DISPOSED')
    case 'recordPrompt':
      return isWorked && run.sessions.some(({ status }) => status === 'READY' || status === 'BUSY')
    case 'append':
      return run.sessions.length > 0
    case 'decide':
      return openApprovalOf(run) !== undefined
    case 'receipt':
      return run.messages.length > 0
    case 'say':
      return isActive(run)
    case 'fail':
    case 'execute':
    case 'openSession':
      return isOwned
  }
}

/** The fence given; null if omitted. */
export function fenceOf(choice: FenceChoice, { fence }: ModelRun): number | null {
  switch (choice) {
    case 'last':
      return fence
    case 'older':
      return fence - 1
    case 'newer':
      return fence + 1
    case 'none':
      return null
  }
}

/** Whether the agent of the previous claim names the current fence. */
export function isSuperseded(action: AboutAction): boolean {
  return action.by === 'agent' && 'fence' in action && action.fence === 'older' && action.kind !== 'append'
}

export function phaseOf(choice: PhaseChoice, action: AboutAction, run: ModelRun): string | null {
  if (choice === 'none') return null
  if (choice !== 'fit') return run.workflow.phases[choice]?.key ?? 'nowhere'
  return action.kind === 'advance' ? nextPhase(action, run) : run.at
}

function nextPhase(action: ActionOf<'advance'>, run: ModelRun): string {
  const { next } = graphOf(run)
  const ways = run.roundComplete ? [...next, run.workflow.initialPhase] : next
  return ways[action.run % (ways.length || 1)] ?? run.at
}

/** The row with this number: among those that make sense, where that is asked for and there are any. */
export function rowOf<Row>(
  rows: readonly Row[],
  { row, fit }: { readonly row: number; readonly fit: boolean },
  makesSense: (row: Row) => boolean,
): Row | undefined {
  const sensible = rows.filter(makesSense)
  const among = fit && sensible.length > 0 ? sensible : rows
  return among[row % (among.length || 1)]
}

/** Adds the fence to the input, if one is given, and returns the effective one. */
export function putFence(
  action: Driving & AboutAction,
  run: ModelRun,
  agentFence: number,
  input: Record<string, unknown>,
): number | null {
  const chosen = isSuperseded(action) ? run.fence : fenceOf(action.fence, run)
  // These always require a fence.
  const always = action.kind === 'release' || action.kind === 'confirmCancel' || action.kind === 'renew'
  const given = always ? (chosen ?? 0) : chosen
  if (given !== null) input['fence'] = given
  return countedFence(action, given, agentFence)
}

/** The effective fence; an agent's is always that of its token. */
export function countedFence(action: AboutAction, given: number | null, agentFence: number): number | null {
  if (action.by !== 'agent') return given
  return given === null || given === agentFence ? agentFence : 0
}
