import type { Caller, Commands } from '../../src/commands/kit/context.ts'
import { startRun } from '../../src/commands/run/startRun.ts'
import type { Json } from '../../src/lifecycle/run/run.ts'
import type { WorkflowDefinition } from '../../src/lifecycle/workflow/workflow.ts'
import { agentOf, CALLERS } from '../support/callers.ts'
import { toStart } from '../support/runs.ts'
import type { AboutAction, Actor, StartAction } from './actions.ts'
import { ask } from './ask.ts'
import { type Answer, toAnswer, USE_CASES } from './askServer.ts'
import { isActive } from './beliefs.ts'
import type { KeyChoice } from './choices.ts'
import { toClaimInput } from './choices.ts'
import type { Task } from './explain.ts'
import { endOfChain, type Model, type ModelRun } from './modelState.ts'
import { chooseRun } from './resolve.ts'
import { answered, type StartCommand, started } from './tasks.ts'

/** A request to a server, and its effect on the model. */
export interface Request {
  /** The existing runs that it may affect. */
  readonly about: readonly string[]
  readonly send: (server: Commands) => Promise<Answer>
  readonly explain: (answer: Answer, alone: boolean) => Task
}

/** The caller of an actor; for an agent, of the given run. */
export function callerOf(by: Actor, runId: string | null, agentFence = 1): Caller {
  return by === 'agent' ? agentOf(runId ?? 'run_none', agentFence) : CALLERS[by]
}

/** Makes the choices of actions; fresh keys are unique in the whole history. */
export class Requests {
  private keysMade = 0

  constructor(
    private readonly workflows: readonly WorkflowDefinition[],
    private readonly project: string,
  ) {}

  /** The request of an action now; undefined if there is no run for it. */
  make(model: Model, action: AboutAction | StartAction, sameRun: ModelRun | null): Request | undefined {
    return action.kind === 'start' ? this.toStart(model, action, sameRun) : this.toAsk(model, action, sameRun)
  }

  keyOf(choice: KeyChoice): string | null {
    return choice === 'none' ? null : choice === 'fresh' ? this.fresh() : `${choice}`
  }

  private fresh(): string {
    return `fresh ${++this.keysMade}`
  }

  private toAsk(model: Model, action: AboutAction, sameRun: ModelRun | null): Request | undefined {
    const run = sameRun ?? chooseRun(model, action)
    if (!run) return undefined
    const command = ask(action, run, () => this.fresh())
    const { kind, by, input, key, runId, agentFence } = command
    return {
      about: [runId],
      send: (server) =>
        USE_CASES[kind](server, callerOf(by, runId, agentFence), { ...input, idempotencyKey: key }),
      explain: (answer, alone) => answered(command, answer, alone),
    }
  }

  private toStart(model: Model, action: StartAction, sameRun: ModelRun | null): Request {
    const { runs } = model
    const { by, slot, claim } = action
    const parent = pick(runs, action.parent, isActive, sameRun)
    const continues = pick(runs, action.continues, (run) => !isActive(run), null)
    const chosen = this.workflows[action.workflow % this.workflows.length]
    // mostly the workflow that is to be continued
    const workflow = continues && action.workflow % 3 > 0 ? continues.workflow : chosen
    if (!workflow) throw new Error('there is no workflow')
    const origin = { parentRunId: parent?.id ?? null, continuesRunId: continues?.id ?? null }
    const detached = parent !== null && action.detached
    const input = {
      workflow: workflow.name,
      concurrencyKey: slot,
      claim: claim && toClaimInput(claim),
      isDetached: detached,
      ...origin,
    }
    const key = this.keyOf(action.key)
    const command: StartCommand = {
      by,
      key,
      input,
      workflow,
      concurrencyKey: slot,
      claim,
      parentId: origin.parentRunId,
      detached,
      continuesId: origin.continuesRunId,
    }
    const start = toStart({
      ...input,
      project: this.project,
      idempotencyKey: key,
      request: input as unknown as Json,
    })
    return {
      about: [...Object.values(origin), (continues && endOfChain(model, continues)?.id) ?? null].filter(
        (id) => id !== null,
      ),
      send: async (server) => toAnswer(await startRun(server, callerOf(by, null), start)),
      explain: (answer) => started(command, answer),
    }
  }
}

/** The run with this number: among those preferred, but for the last number; on one run where that is said. */
function pick(
  runs: readonly ModelRun[],
  place: number | null,
  prefers: (run: ModelRun) => boolean,
  sameRun: ModelRun | null,
): ModelRun | null {
  if (place === null || sameRun) return place === null ? null : sameRun
  const preferred = runs.filter((run) => !run.deleted && prefers(run))
  const among = place < 3 ? preferred : runs
  return among[place % (among.length || 1)] ?? null
}
