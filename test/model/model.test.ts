import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Commands } from '../../src/commands/kit/context.ts'
import { checkRecalled } from '../support/checkRecalled.ts'
import { openTestCommands, type TestCommands } from '../support/commands.ts'
import { type Action, actions, any, workflows } from './actions.ts'
import { budget } from './budget.ts'
import { History } from './history.ts'
import { LIMITS } from './modelState.ts'
import { WORKFLOWS } from './modelWorkflows.ts'
import { PRELUDE_NAMES, PRELUDES } from './preludes.ts'

let here: TestCommands
let servers: readonly [Commands, Commands]
beforeAll(async () => {
  here = await openTestCommands({ workflows: WORKFLOWS, settings: LIMITS })
  servers = [withRecalledChecked(here.commands), withRecalledChecked(here.openServer())]
})
afterAll(() => here.close())

/** How often a run that a server recalled was compared with what is stored. */
const recalled = { checked: 0 }

function withRecalledChecked(server: Commands): Commands {
  return { ...server, writer: checkRecalled(server.writer, recalled) }
}

/** One step of a history, for fast-check to choose, replay and leave out. */
class Step implements fc.AsyncCommand<History, History> {
  static readonly taken = new Set<string>()

  constructor(private readonly action: Action) {}

  check(history: Readonly<History>): boolean {
    return history.admits(this.action)
  }

  async run(_beliefs: History, history: History): Promise<void> {
    Step.taken.add(this.action.kind)
    await history.act(this.action)
  }

  toString(): string {
    return JSON.stringify(this.action)
  }
}

const { numRuns, parameters, timeout } = budget()

test(
  'whatever is asked, by whomever and whenever, is answered and kept as the specification says',
  async () => {
    const step = any(actions.map(([weight, action]) => [weight, action.map((chosen) => new Step(chosen))]))
    const histories = fc.commands([step], { maxCommands: 400, size: 'max' })
    const preludes = fc.constantFrom(...PRELUDE_NAMES)
    let count = 0
    await fc.assert(
      fc.asyncProperty(preludes, workflows, histories, async (prelude, workflow, commands) => {
        const history = new History(servers, WORKFLOWS, `history ${++count}`)
        try {
          for (const action of PRELUDES[prelude](workflow)) await history.act(action)
          await fc.asyncModelRun(() => ({ model: history, real: history }), commands)
          await history.prove()
        } finally {
          // A sweep covers everything stored, so the rows of a failed history would fail the next one.
          await history.forget()
        }
      }),
      parameters,
    )
    const kinds = new Set(actions.map(([, action]) => action)).size
    expect(recalled.checked).toBeGreaterThan(count)
    if (numRuns >= 12 && count >= numRuns) expect(Step.taken.size).toBe(kinds)
  },
  timeout,
)
