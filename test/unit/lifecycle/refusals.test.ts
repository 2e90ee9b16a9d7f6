import { describe, expect, test } from 'vitest'
import { listRefusals } from '../../../src/commands/refusalExamples.ts'
import { standingOf } from '../../../src/lifecycle/answers/explainStatus.ts'
import { explainRefusal } from '../../../src/lifecycle/answers/explainRefusal.ts'
import { RUN_STATUSES } from '../../../src/lifecycle/run/enums.ts'
import { SOLO } from '../../support/workflows.ts'
import { ask, resumeAndClaim } from './asks.ts'
import { Story } from './story.ts'

const rows = [...listRefusals()].flatMap(([name, shown]) => shown.map((each) => ({ name, ...each })))
const byStatus = rows.filter(({ when }) =>
  RUN_STATUSES.some((status) => when === status || when.startsWith(`${status},`)),
)

describe('the sentence of a refusal', () => {
  test('is whole, in every case', () => {
    for (const { name, when, sentence } of rows) {
      expect(sentence, `${name}, ${when}`).toMatch(/^[A-Z].*[^.]\.$/)
      expect(sentence, `${name}, ${when}`).not.toMatch(/undefined|null|NaN|\[object| {2}|: \.|; \.|\.\./)
    }
  })

  test('says what to do, and of no other status that it is so', () => {
    expect(byStatus.length).toBeGreaterThan(60)
    for (const { name, when, sentence } of byStatus) {
      expect(sentence, `${name}, ${when}`).toMatch(/[:;] |\. Stop your agent/)
      const others = RUN_STATUSES.filter((status) => status !== when.split(',')[0])
      expect(
        others.filter((status) => sentence.includes(`run is ${status}`)),
        `${name}, ${when}`,
      ).toEqual([])
    }
  })

  test('is another one in each status, where a status is why', () => {
    for (const name of ['RunNotActive', 'NotClaimable', 'NotPausable', 'NotDeletable']) {
      const sentences = rows
        .filter((row) => row.name === name && !row.when.includes(','))
        .map(({ sentence }) => sentence)
      expect(new Set(sentences).size, name).toBe(sentences.length)
    }
  })
})

describe('a sentence about who holds a run', () => {
  const held = (leaseSeconds = 30) => {
    const story = new Story(SOLO)
    story.does(ask('claimRun', { leaseSeconds }))
    return story
  }
  const says = (story: Story, command: Parameters<Story['refuses']>[0]) => {
    const refusal = story.refuses(command)
    return explainRefusal(refusal, standingOf(story.run, story.now))
  }

  test('names the owner and until when, and nobody once the lease has ended', () => {
    const story = held()
    expect(says(story, ask('claimRun', { owner: 'second' }))).toBe(
      'The run is RUNNING and held by first (your own claim) until 2026-01-01T00:00:30.000Z: wait until it is released or its lease has expired.',
    )
    story.does(ask('pauseRun'))
    story.passes(31).does(ask('sweep'))
    expect(says(story, ask('claimRun', { owner: 'second' }))).toBe(
      'The run is PAUSED, and only a queued run can be claimed: resume it with a claim.',
    )
    expect(says(held(0), ask('claimRun'))).toBe(
      'The run is RUNNING and held by first (your own claim), without a lease: wait until it is released.',
    )
  })

  test('tells a late write that its claim ended with the run, and never to claim again', () => {
    const story = held()
    story.does(ask('failRun'))
    expect(says(story, ask('startPhase'))).toBe(
      'The claim 1 is over: the run is FAILED. Stop your agent; resume the run to continue.',
    )
    expect(says(story, ask('startPhase', { fence: null }))).toContain('No fence was given')
  })

  test('tells a resume with a claim that the owner is still there, and what is possible', () => {
    const story = held()
    story.does(ask('pauseRun'))
    expect(says(story, resumeAndClaim)).toContain('resume it without a claim')
  })
})
