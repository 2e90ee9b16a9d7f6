import type { Action, ActionOf, FenceChoice, PhaseChoice } from './actions.ts'
import type { Model, ModelRun } from './modelState.ts'

/** An action about one run. */
export type AboutRun = Exclude<Action, { kind: 'start' | 'claimAny' | 'again' | 'sweep' | 'pass' | 'sleep' }>

/** An action about one run with every choice made: what can be asked once more, word by word. */
export interface Concrete {
  readonly action: AboutRun
  readonly run: ModelRun
  readonly key: string | null
  /** The fence given; null where it was left out. */
  readonly fence: number | null
  /** The fence that the actor's token carries, where it is an agent. */
  readonly agentFence: number
  readonly ifRevision: number | null
  readonly phase: string | null
  readonly executionId: string
}

/** The runs that an action makes sense for. */
export function fitting(model: Model, action: AboutRun): ModelRun[] {
  return model.runs.filter((run) => !run.deleted && fits(run, action))
}

/** Makes the choices of an action; undefined where there is no run to ask about. */
export function resolve(
  model: Model,
  action: AboutRun,
  { fresh, rowOf }: { fresh: () => string; rowOf: (run: ModelRun) => Promise<number> },
): Promise<Concrete> | undefined {
  const among = action.fit ? fitting(model, action) : model.runs
  const run = among[action.run % (among.length || 1)]
  return run && choose(action, run, fresh, rowOf)
}

async function choose(
  action: AboutRun,
  run: ModelRun,
  fresh: () => string,
  rowOf: (run: ModelRun) => Promise<number>,
): Promise<Concrete> {
  const revision = 'revision' in action ? action.revision : 'any'
  const row = revision === 'any' ? 0 : await rowOf(run)
  const open = run.executions.filter(({ told }) => !told)
  const among = action.fit && open.length > 0 ? open : run.executions
  const nth = action.kind === 'finish' ? action.execution : 0
  return {
    action,
    run,
    key: action.key === 'none' ? null : action.key === 'fresh' ? fresh() : `${action.key}`,
    fence: 'fence' in action ? (isSuperseded(action) ? run.fence : fenceOf(action.fence, run)) : null,
    // an agent of the claim before names the fence of the present one
    agentFence: Math.max(1, isSuperseded(action) ? run.fence - 1 : run.fence),
    ifRevision: revision === 'any' ? null : revision === 'seen' ? row : row - 1,
    phase: 'phase' in action ? phaseOf(action.phase, action, run) : null,
    executionId: among[nth % (among.length || 1)]?.id ?? 'exe_none',
  }
}

/** Whether an action makes sense for a run: there it may be accepted. */
function fits(run: ModelRun, action: AboutRun): boolean {
  const here = run.phases.get(run.at)?.status ?? 'PENDING'
  const { status } = run
  const graph = run.workflow.phases.find(({ key }) => key === run.at)
  switch (action.kind) {
    case 'claim':
      return status === 'QUEUED'
    case 'release':
    case 'renew':
      return run.claim !== null
    case 'confirmCancel':
      return status === 'CANCELLING'
    case 'pause':
      return status === 'QUEUED' || status === 'RUNNING'
    case 'cancel':
      return !['COMPLETED', 'CANCELLED', 'EXPIRED', 'CANCELLING'].includes(status)
    case 'resume':
      return status === 'PAUSED' || status === 'FAILED'
    case 'delete':
      return ['COMPLETED', 'CANCELLED', 'EXPIRED', 'FAILED'].includes(status)
    case 'finish':
      return run.executions.some(({ told }) => !told)
    case 'complete':
      return status === 'RUNNING' && graph?.final === true && here !== 'PENDING'
    case 'startPhase':
      return status === 'RUNNING' && (here === 'RUNNING') === action.repair
    case 'advance':
      return status === 'RUNNING' && (here === 'RUNNING' || here === 'COMPLETED')
    case 'failPhase':
      return status === 'RUNNING' && here === 'RUNNING'
    case 'completeRound':
      return status === 'RUNNING' && run.at === run.workflow.completeRoundAt
    case 'fail':
    case 'execute':
      return status === 'RUNNING'
  }
}

function isSuperseded(action: AboutRun): boolean {
  return action.by === 'agent' && 'fence' in action && action.fence === 'older'
}

function fenceOf(choice: FenceChoice, { fence }: ModelRun): number | null {
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

function phaseOf(
  choice: PhaseChoice,
  action: ActionOf<'advance' | 'startPhase' | 'failPhase' | 'execute'>,
  run: ModelRun,
): string | null {
  if (choice === 'none') return null
  if (choice !== 'fit') return run.workflow.phases[choice]?.key ?? 'nowhere'
  if (action.kind !== 'advance') return run.at
  const next = run.workflow.phases.find(({ key }) => key === run.at)?.next ?? []
  const ways = run.roundComplete ? [...next, run.workflow.initialPhase] : next
  return ways[action.run % (ways.length || 1)] ?? run.at
}
