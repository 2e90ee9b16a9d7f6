import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Commands } from '../../src/commands/kit/context.ts'
import { checkAppended, type CheckedAppends } from '../support/checkAppended.ts'
import { checkRecalled } from '../support/checkRecalled.ts'
import { openTestCommands, type TestCommands } from '../support/commands.ts'
import { type Action, actions, any, workflows } from './actions.ts'
import { budget } from './budget.ts'
import { History } from './history.ts'
import { LIMITS } from './modelState.ts'
import { WORKFLOWS } from './modelWorkflows.ts'
import { PRELUDE_NAMES, PRELUDES } from './preludes.ts'

let here: TestCommands
let servers: readonly [CheckedAppends, CheckedAppends]
beforeAll(async () => {
  here = await openTestCommands({ workflows: WORKFLOWS, settings: LIMITS })
  const [one, other] = [here.commands, here.openServer()].map(withRecalledChecked) as [Commands, Commands]
  servers = [checkAppended(one), checkAppended(other)]
})
afterAll(() => here.close())

/** How often a run that a server recalled was compared with what is stored. */
const recalled = { checked: 0 }

function withRecalledChecked(server: Commands): Commands {
  return { ...server, writer: checkRecalled(server.writer, recalled) }
}

/** Performs an action, and compares what readers were handed with the log, before another action moves the times of what is stored. */
async function perform(history: History, action: Action): Promise<void> {
  await history.act(action)
  for (const server of servers) await server.check()
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
    await perform(history, this.action)
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
        const [one, other] = servers
        const history = new History([one.commands, other.commands], WORKFLOWS, `history ${++count}`)
        try {
          for (const action of PRELUDES[prelude](workflow)) await perform(history, action)
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
    for (const server of servers) expect(server.count).toBeGreaterThan(count)
    if (numRuns >= 12 && count >= numRuns) expect(Step.taken.size).toBe(kinds)
  },
  timeout,
)
