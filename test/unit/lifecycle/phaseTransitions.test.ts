import { describe, expect, test } from 'vitest'
import type { Command } from '../../../src/lifecycle/run/commandInputs.ts'
import { explainRefusal } from '../../../src/lifecycle/answers/explainRefusal.ts'
import { define, GATED, ROUNDS, SOLO } from '../../support/workflows.ts'
import { ask } from './asks.ts'
import { Story } from './story.ts'

/** A workflow without rounds that leads on in two ways. */
const FORKED = define({
  name: 'forked',
  initialPhase: 'a',
  phases: [
    { key: 'a', next: ['b', 'c'] },
    { key: 'b', next: ['end'] },
    { key: 'c', next: ['end'] },
    { key: 'end', final: true },
  ],
})

/** Every command about a phase, for each phase of the workflow. */
function phaseCommands({ workflow }: Story): Command[] {
  return workflow.phases.flatMap(({ key: phase, artifact }) => [
    ask('startPhase', { phase }),
    ask('startPhase', { phase, isRepair: true }),
    ask('failPhase', { phase }),
    ask('advancePhase', { to: phase }),
    ask('submitArtifact', { phase, path: artifact?.path ?? 'x', artifactId: `art_${phase}` }),
    ask('requestApproval', { phase, gate: 'plan' }),
  ])
}

const commandsOf = (story: Story): Command[] => [ask('completeRound'), ...phaseCommands(story)]

const placeOf = ({ run }: Story) =>
  JSON.stringify([
    run.status,
    run.currentPhase,
    run.round,
    run.roundComplete,
    run.phases.map(({ key, round, status }) => [key, round, status]),
    run.artifacts.length,
  ])

/** Every place that commands about phases lead a claimed run to, up to a bound. */
function* places(workflow: Story['workflow']): Generator<Story> {
  const first = new Story(workflow)
  first.does(ask('claimRun', { leaseSeconds: 0 }))
  const known = new Map([[placeOf(first), first]])
  for (const story of known.values()) {
    yield story
    for (const command of commandsOf(story)) {
      const next = story.fork()
      const { result } = next.decide(command)
      if (result.ok && known.size < 40 && next.run.status === 'RUNNING') {
        if (!known.has(placeOf(next))) known.set(placeOf(next), next)
      }
    }
  }
}

const isAccepted = (story: Story, command: Command) => story.wouldBe(command).ok

/** The phases that a sentence says to start or to advance to. */
function advised(sentence: string, verb: 'start' | 'advance to'): string[] {
  const named = [...sentence.matchAll(new RegExp(`[:;,] ${verb} ([a-z-]+(?: or [a-z-]+)*)`, 'g'))]
  return named.flatMap(([, keys = '']) => keys.split(' or ')).filter((key) => key !== 'it')
}

describe('wherever a run stands in its graph, a refused step', () => {
  const seen = new Set<string>()

  test.for([SOLO, ROUNDS, GATED, FORKED])(
    'of $name names what may be done instead, and that is so',
    (workflow) => {
      for (const story of places(workflow)) {
        for (const command of commandsOf(story)) {
          const result = story.wouldBe(command)
          if (result.ok || result.problem.type !== 'IllegalTransition') continue
          const refusal = result.problem
          const sentence = explainRefusal(refusal)
          seen.add(`${refusal.command} ${refusal.from === refusal.to}`)
          expect(refusal.allowed, sentence).not.toContain(refusal.to)
          for (const key of refusal.allowed)
            expect(
              isAccepted(story, ask('startPhase', { phase: key })) ||
                isAccepted(story, ask('advancePhase', { to: key })),
              `${key} is allowed: ${sentence}`,
            ).toBe(true)
          for (const phase of advised(sentence, 'start'))
            expect(isAccepted(story, ask('startPhase', { phase })), sentence).toBe(true)
          for (const to of advised(sentence, 'advance to'))
            expect(isAccepted(story, ask('advancePhase', { to })), sentence).toBe(true)
        }
      }
    },
  )

  test('was seen for every command, at the phase where the run stands and at another', () => {
    const commands = ['startPhase', 'repairPhase', 'failPhase', 'advancePhase', 'completeRound']
    const all = [...commands, 'submitArtifact', 'requestApproval']
    expect([...seen].toSorted()).toEqual(all.flatMap((each) => [`${each} false`, `${each} true`]).toSorted())
  })
})

describe('the sentence of a refused step', () => {
  const held = (workflow = ROUNDS) => {
    const story = new Story(workflow)
    story.does(ask('claimRun'))
    return story
  }
  const atCheck = () => {
    const story = held()
    story.does(ask('startPhase', { phase: 'draft' }))
    story.does(ask('advancePhase', { to: 'check' }))
    return story
  }
  const says = (story: Story, command: Command) => explainRefusal(story.refuses(command))

  test('says where a round is completed, and how to get there', () => {
    const story = held()
    expect(says(story, ask('completeRound'))).toBe(
      'A round is completed at check, and the run is at draft, which is PENDING: start draft.',
    )
    story.does(ask('startPhase', { phase: 'draft' }))
    expect(says(story, ask('completeRound'))).toBe(
      'A round is completed at check, and the run is at draft, which is RUNNING: advance to draft or check.',
    )
    expect(says(held(SOLO), ask('completeRound'))).toBe(
      'This workflow has no rounds to complete: start work.',
    )
  })

  test('says, after a completed round, that a phase is not started but advanced to', () => {
    const story = atCheck()
    story.does(ask('completeRound'))
    expect(says(story, ask('startPhase', { phase: 'draft' }))).toBe(
      "Phase draft can't be started: the run is at check, which is COMPLETED; advance to draft.",
    )
    expect(says(story, ask('startPhase', { phase: 'check' }))).toBe(
      'Phase check is COMPLETED: advance to wrap or done or draft.',
    )
    expect(says(story, ask('advancePhase', { to: 'check' }))).toBe(
      'The workflow has no transition from check to check: it leads to draft or wrap or done.',
    )
  })

  test('says that no further round is allowed', () => {
    const story = new Story(define({ ...ROUNDS, name: 'once', maxRounds: 1 }))
    story.does(ask('claimRun'))
    story.does(ask('startPhase', { phase: 'draft' }))
    story.does(ask('advancePhase', { to: 'check' }))
    story.does(ask('completeRound'))
    expect(says(story, ask('advancePhase', { to: 'draft' }))).toBe(
      'The workflow allows this run no further round: advance to wrap or done, or start another run that continues this one.',
    )
  })

  test('says that a phase that was not worked on is not left, and one under way not started anew', () => {
    const story = held()
    expect(says(story, ask('advancePhase', { to: 'check' }))).toBe(
      "Phase draft is PENDING and can't be left in this status: start draft first.",
    )
    expect(says(story, ask('advancePhase', { to: 'draft' }))).toBe(
      'The run is already at draft, which is PENDING: start draft.',
    )
    story.does(ask('startPhase', { phase: 'draft' }))
    expect(says(story, ask('startPhase', { phase: 'draft' }))).toBe(
      'Phase draft is RUNNING already: continue it, or start it with repair for another attempt.',
    )
    expect(says(story, ask('failPhase', { phase: 'check' }))).toBe(
      "Phase check can't fail: the run is at draft, which is RUNNING; advance to check.",
    )
  })
})
