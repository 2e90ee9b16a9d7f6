import { describe, expect, expectTypeOf, test } from 'vitest'
import { objection, type RefusedWith, refuse, type ResultOf } from '../../../src/commands/kit/answers.ts'
import type { Rule, RuleTable } from '../../../src/lifecycle/decide/rule.ts'
import { mayDo, roleFor } from '../../../src/lifecycle/run/authority.ts'
import type { CommandType } from '../../../src/lifecycle/run/commandInputs.ts'
import {
  canBeRefusedWith,
  COMMANDS,
  type CommandName,
  OFFERED_COMMANDS,
  RUN_COMMANDS,
} from '../../../src/lifecycle/run/commands.ts'
import { admits, targetsOf, TRANSITION_NAMES } from '../../../src/lifecycle/run/transitions.ts'
import { RUN_STATES } from '../../../src/lifecycle/run/enums.ts'

const names = Object.keys(COMMANDS) as CommandName[]

describe('the record of commands', () => {
  test('names every command that is decided', () => {
    expectTypeOf<CommandType>().toExtend<CommandName>()
  })

  test('is what the authority table, the transitions and the offered commands are made of', () => {
    for (const name of names) {
      expect(mayDo(roleFor(name), name)).toBe(true)
      expect(mayDo('ADMIN', name), name).toBe(true)
      expect(mayDo('VIEWER', name), name).toBe(false)
      const definition: { readonly roles: unknown; readonly transitions?: object } = COMMANDS[name]
      const admitting = TRANSITION_NAMES.filter((each) => each === name).flatMap((each) =>
        RUN_STATES.filter((state) => admits(each, state)),
      )
      expect(admitting.toSorted()).toEqual(Object.keys(definition.transitions ?? {}).toSorted())
    }
    expect(RUN_COMMANDS.map((offered) => COMMANDS[OFFERED_COMMANDS[offered]].offeredAs)).toEqual(RUN_COMMANDS)
    expect(targetsOf('completeRun', 'RUNNING')).toEqual(['COMPLETED'])
  })

  test('has InvalidInput and Forbidden for everything, and nothing twice', () => {
    for (const name of names) {
      const { refusals } = COMMANDS[name]
      expect(canBeRefusedWith(name, 'InvalidInput') && canBeRefusedWith(name, 'Forbidden'), name).toBe(true)
      expect(new Set<string>(refusals).size, name).toBe(refusals.length)
    }
  })
})

describe('what does not compile', () => {
  test('a rule that refuses with what its command does not list', () => {
    const listed: Rule<'pauseRun'> = ({ run }) => ({ type: 'NotPausable', status: run.status })
    // @ts-expect-error pauseRun is not refused with RunNotActive
    const unlisted: Rule<'pauseRun'> = ({ run }) => ({ type: 'RunNotActive', status: run.status })
    expect([listed, unlisted]).toHaveLength(2)
  })

  test('a table of rules without one of the commands', () => {
    const rule: Rule<'pauseRun'> = () => 'accepted'
    const whole: RuleTable<'pauseRun'> = { pauseRun: rule }
    // @ts-expect-error resumeRun has no rule
    const partial: RuleTable<'pauseRun' | 'resumeRun'> = { pauseRun: rule }
    expect([whole, partial]).toHaveLength(2)
  })

  test('a use case whose refusal its union leaves out', () => {
    type Paused = ResultOf<'pauseRun', { readonly ok: true }>
    const listed: Paused = refuse({ type: 'NotPausable', status: 'PAUSED' })
    // @ts-expect-error the union of pauseRun has no NotCompletable
    const unlisted: Paused = refuse({ type: 'NotCompletable', status: 'PAUSED', missing: [] })
    // @ts-expect-error nor has it NothingToClaim, which is found beside a decision
    const beside: Paused = objection({ type: 'NothingToClaim', claimableInSeconds: null })
    expect([listed, unlisted, beside].map(({ ok }) => ok)).toEqual([false, false, false])
  })

  test('a refusal in the place of fewer, though one of them may stand for more', () => {
    expectTypeOf<RefusedWith<'Forbidden'>>().toExtend<RefusedWith<'Forbidden' | 'NotFound'>>()
    expectTypeOf<RefusedWith<'Forbidden' | 'NotFound'>>().not.toExtend<RefusedWith<'Forbidden'>>()
  })
})
