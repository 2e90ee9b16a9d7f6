import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideSteps } from '../../../src/lifecycle/decideSteps.ts'
import type { Command } from '../../../src/lifecycle/run/commandInputs.ts'
import { ROUNDS } from '../../support/workflows.ts'
import { ask } from './asks.ts'
import { actorOf, Story } from './story.ts'

/** What an owner of a run of ROUNDS may ask for, and what it may not. */
const COMMANDS: readonly Command[] = [
  ...['draft', 'check', 'wrap', 'nowhere'].map((phase) => ask('startPhase', { phase })),
  ...['draft', 'check', 'wrap', 'done'].map((to) => ask('advancePhase', { to })),
  ask('failPhase', { phase: 'draft' }),
  ask('completeRound'),
  ask('completeRun'),
  ask('failRun'),
  ask('startPhase', { phase: 'draft', fence: 7 }),
]

const ACTOR = actorOf('wanda')

/** A run that was claimed, and has come as far as these commands lead. */
function after(way: readonly Command[]): Story {
  const story = new Story(ROUNDS)
  story.does(ask('claimRun', { leaseSeconds: 600 }), { actor: 'wanda' })
  for (const command of way) story.decide(command, { actor: 'wanda' })
  return story
}

const stepsOf = (commands: readonly Command[]) =>
  commands.map((command) => ({ command, request: null, kept: null }))

/** What becomes of a run: everything but ids, which are made anew in each decision. */
const withoutIds = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll(/phs_[0-9_]+/g, 'phs'))

const commands = fc.array(fc.constantFrom(...COMMANDS), { minLength: 1, maxLength: 6 })

describe('commands that are decided together', () => {
  test('come to what each would come to alone, up to the first refusal', () => {
    fc.assert(
      fc.property(commands, commands, (way, asked) => {
        const story = after(way)
        const together = decideSteps(story.situationOf(story.run), stepsOf(asked), ACTOR, { isAtomic: false })
        const alone = story.fork()
        const decisions = []
        for (const command of asked) {
          const decision = alone.decide(command, { actor: 'wanda' })
          decisions.push(decision)
          if (!decision.result.ok) break
        }
        expect(withoutIds(together.results)).toEqual(withoutIds(decisions.map(({ result }) => result)))
        expect(withoutIds(together.events)).toEqual(withoutIds(decisions.flatMap(({ events }) => events)))
        expect(withoutIds(together.run)).toEqual(withoutIds(alone.run))
      }),
    )
  })

  test('change nothing where all must be taken and one is refused', () => {
    fc.assert(
      fc.property(commands, commands, (way, asked) => {
        const story = after(way)
        const situation = story.situationOf(story.run)
        const partly = decideSteps(situation, stepsOf(asked), ACTOR, { isAtomic: false })
        const whole = decideSteps(situation, stepsOf(asked), ACTOR, { isAtomic: true })
        expect(withoutIds(whole.results)).toEqual(withoutIds(partly.results))
        const isRefused = whole.results.some(({ ok }) => !ok)
        if (isRefused) expect([whole.run, whole.events]).toEqual([story.run, []])
        else expect(withoutIds(whole.run)).toEqual(withoutIds(partly.run))
      }),
    )
  })

  test('are written with what was due, once, whatever becomes of them', () => {
    const story = after([]).passes(601)
    const steps = stepsOf([ask('startPhase', { phase: 'draft' }), ask('advancePhase', { to: 'check' })])
    for (const isAtomic of [true, false]) {
      const { results, events, run, isDue } = decideSteps(story.situationOf(story.run), steps, ACTOR, {
        isAtomic,
      })
      expect(results).toMatchObject([{ ok: false, problem: { type: 'LeaseLost' } }])
      expect([isDue, run.status, events.map(({ type }) => type)]).toEqual([true, 'FAILED', ['run.failed']])
    }
  })
})
