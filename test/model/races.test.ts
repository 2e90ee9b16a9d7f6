import * as fc from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'
import type { Commands } from '../../src/commands/kit/context.ts'
import { openTestCommands, type TestCommands } from '../support/commands.ts'
import { type ActionOf, staggers } from './actions.ts'
import { budget } from './budget.ts'
import { History } from './history.ts'
import { LIMITS } from './modelState.ts'
import { WORKFLOWS } from './modelWorkflows.ts'
import { RACES } from './races.ts'

let here: TestCommands
let servers: readonly [Commands, Commands]
beforeAll(async () => {
  here = await openTestCommands({ workflows: WORKFLOWS, settings: LIMITS })
  servers = [here.commands, here.openServer()]
})
afterAll(() => here.close())

const { parameters, timeout } = budget(0.8)
let count = 0

for (const { name, prelude, runners, same = true } of RACES) {
  test(
    `${name}: one comes first, and who loses has written nothing`,
    () => {
      const races: fc.Arbitrary<ActionOf<'race'>> = fc.record({
        kind: fc.constant('race'),
        actions: fc.shuffledSubarray([...runners], { minLength: 2, maxLength: 3 }),
        same: fc.constant(same),
        runners: fc.constant(3),
        stagger: staggers,
      })
      const twice = fc.array(races, { minLength: 1, maxLength: 2 })
      const property = fc.asyncProperty(prelude, twice, async (actions, raced) => {
        const history = new History(servers, WORKFLOWS, `race ${++count}`)
        try {
          for (const action of [...actions, ...raced]) await history.act(action)
          // The sweep completes interrupted effects between related runs.
          await history.act({ kind: 'sweep' })
          await history.prove()
        } finally {
          // A sweep covers everything stored, so the rows of a failed race would fail the next one.
          await history.forget()
        }
      })
      return fc.assert(property, parameters)
    },
    timeout,
  )
}
