import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestCommands, type TestCommands } from '../support/commands.ts'
import { define, GATED, ROUNDS, SOLO } from '../support/workflows.ts'
import { type Action, actions, workflows } from './actions.ts'
import { History } from './history.ts'
import { LIMITS } from './modelState.ts'

/** Every limit of time, none of them a multiple of the steps in which time moves. */
const HURRIED = define({
  name: 'hurried',
  initialPhase: 'work',
  phases: [{ key: 'work', final: true, timeoutSeconds: 610 }],
  timeouts: { queueSeconds: 310, runSeconds: 7210, idleSeconds: 1810 },
})
/** Handed on where an owner is lost, as often as the server's settings say. */
const HANDED_ON = define({ ...SOLO, name: 'handed-on', onOwnerLost: 'REQUEUE' })
const WORKFLOWS = [SOLO, HANDED_ON, ROUNDS, HURRIED, GATED]

let here: TestCommands
beforeAll(async () => {
  here = await openTestCommands({ workflows: WORKFLOWS, settings: LIMITS })
})
afterAll(() => here.close())

/** One step of a history, for fast-check to choose, replay and leave out. */
class Step implements fc.AsyncCommand<History, History> {
  static readonly taken = new Map<string, number>()

  constructor(private readonly action: Action) {}

  check(history: Readonly<History>): boolean {
    return history.admits(this.action)
  }

  async run(_beliefs: History, history: History): Promise<void> {
    Step.taken.set(this.action.kind, (Step.taken.get(this.action.kind) ?? 0) + 1)
    await history.act(this.action)
  }

  toString(): string {
    return JSON.stringify(this.action)
  }
}

const numRuns = Number(process.env['PAWL_MODEL_RUNS'] ?? 30)
const seed = process.env['PAWL_MODEL_SEED']

test(
  'whatever is asked, by whomever and whenever, is answered and kept as the specification says',
  async () => {
    const steps = actions.flatMap(([weight, action]) =>
      Array.from({ length: weight }, () => action.map((chosen) => new Step(chosen))),
    )
    const begun = new Step({ kind: 'start', by: 'admin', key: 'none', workflow: 0, slot: null, claim: null })
    const histories = fc.commands([fc.constant(begun), ...steps], { maxCommands: 250, size: 'max' })
    let count = 0
    await fc.assert(
      fc.asyncProperty(workflows, histories, async (workflow, commands) => {
        const history = new History(here.commands, WORKFLOWS, `history ${++count}`)
        // every history begins with a run that there is something to ask about
        await history.act({ kind: 'start', by: 'admin', key: 'none', workflow, slot: 'slot', claim: null })
        await fc.asyncModelRun(() => ({ model: history, real: history }), commands)
        await history.prove()
        await history.forget()
      }),
      { numRuns, ...(seed ? { seed: Number(seed) } : {}) },
    )
    const kinds = new Set(Step.taken.keys())
    if (numRuns >= 20) expect(kinds.size).toBe(new Set(actions.map(([, action]) => action)).size)
  },
  Math.max(60_000, numRuns * 5_000),
)
