import { describe, expect, test } from 'vitest'
import { differingPaths } from '../../../src/lifecycle/log/differingPaths.ts'
import type { KeptKey } from '../../../src/lifecycle/log/draft.ts'
import { ask } from './asks.ts'
import { Story } from './story.ts'

const kept = (request: KeptKey['request']): KeptKey => ({ runId: 'run_1', request, event: null })

describe('the order of checks', () => {
  test('begins with the replay: not even what is due is looked at', () => {
    const story = new Story()
    story.does(ask('claimRun'))
    story.passes(31)
    const { result, events } = story.decide(ask('pauseRun'), { kept: kept({ a: 1 }), request: { a: 1 } })
    expect(result).toMatchObject({ ok: true, replayed: true })
    expect(events).toEqual([])
  })

  test('refuses another input under a used key before anything else', () => {
    const story = new Story()
    story.does(ask('claimRun'))
    story.passes(31)
    const refusal = story.refuses(ask('pauseRun', { ifRevision: 99 }), {
      kept: kept({ a: 1 }),
      request: { a: 2 },
    })
    expect(refusal).toEqual({ type: 'IdempotencyMismatch', differingPaths: ['a'] })
    expect(story.run.status).toBe('RUNNING')
  })

  test('looks at the fence before the revision, and at the revision before the status', () => {
    const story = new Story()
    story.does(ask('claimRun'))
    story.does(ask('pauseRun'))
    const { revision } = story.run
    expect(story.refuses(ask('advancePhase', { fence: 9, ifRevision: 1 })).type).toBe('LeaseLost')
    expect(story.refuses(ask('advancePhase', { ifRevision: 1 }))).toEqual({
      type: 'RevisionConflict',
      expected: 1,
      actual: revision,
    })
    expect(story.refuses(ask('advancePhase', { ifRevision: revision })).type).toBe('RunNotActive')
    expect(story.refuses(ask('pauseRun', { ifRevision: 1 })).type).toBe('RevisionConflict')
    expect(story.refuses(ask('pauseRun', { ifRevision: revision })).type).toBe('NotPausable')
  })

  test('compares the revision after what was due', () => {
    const story = new Story()
    story.does(ask('claimRun'))
    const seen = story.run.revision
    story.passes(31)
    expect(story.refuses(ask('resumeRun', { ifRevision: seen }))).toMatchObject({
      expected: seen,
      actual: seen + 1,
    })
    const other = new Story()
    other.does(ask('claimRun'))
    expect(other.passes(31).does(ask('resumeRun', { ifRevision: seen + 1 }))).toEqual([
      'run.failed',
      'run.resumed',
    ])
  })

  test('holds for cancels too, even where they would change nothing', () => {
    const story = new Story()
    story.does(ask('cancelRun'))
    expect(story.refuses(ask('cancelRun', { ifRevision: 1 })).type).toBe('RevisionConflict')
    expect(story.does(ask('cancelRun', { ifRevision: story.run.revision }))).toEqual([])
  })
})

describe('a fence', () => {
  test('is good only while its claim is on the row (G4)', () => {
    const story = new Story()
    story.does(ask('claimRun'))
    story.does(ask('releaseRun'))
    expect(story.refuses(ask('startPhase'))).toEqual({ type: 'LeaseLost', yourFence: 1, currentFence: 1 })
    expect(story.refuses(ask('failRun'))).toMatchObject({ type: 'LeaseLost' })
    story.does(ask('claimRun', { owner: 'second' }))
    expect(story.run.claim).toMatchObject({ fence: 2 })
    expect(story.refuses(ask('startPhase'))).toEqual({ type: 'LeaseLost', yourFence: 1, currentFence: 2 })
    expect(story.refuses(ask('startPhase', { fence: 3 }))).toMatchObject({ type: 'LeaseLost', yourFence: 3 })
    story.does(ask('startPhase', { fence: 2 }))
  })

  test('rises with every claim, over epochs, and never comes back', () => {
    const story = new Story()
    const fences: number[] = []
    for (let time = 0; time < 5; time++) {
      story.does(ask('claimRun'))
      fences.push(story.run.claim?.fence ?? 0)
      story.does(time % 2 ? ask('releaseRun', { fence: time + 1 }) : ask('failRun', { fence: time + 1 }))
      if (story.run.status === 'FAILED') story.does(ask('resumeRun'))
    }
    expect(fences).toEqual([1, 2, 3, 4, 5])
  })

  test('is lost with its lease even where nothing else has happened', () => {
    const story = new Story()
    story.does(ask('claimRun'))
    story.does(ask('pauseRun'))
    expect(story.passes(30).refuses(ask('releaseRun'))).toMatchObject({ type: 'LeaseLost' })
  })
})

describe('completing a run that is complete', () => {
  const completed = () => {
    const story = new Story()
    story.does(ask('claimRun'))
    story.does(ask('startPhase'))
    story.does(ask('completeRun'))
    return story
  }

  test('changes nothing for the claim that completed it, whatever it expects of the revision', () => {
    const story = completed()
    for (const again of [ask('completeRun'), ask('completeRun', { output: 'other', ifRevision: 1 })]) {
      expect(story.decide(again)).toMatchObject({
        result: { ok: true, replayed: false, changed: false },
        events: [],
      })
    }
    expect(story.run.output).toBeNull()
  })

  test('is refused to every other claim, and to none', () => {
    const story = completed()
    for (const fence of [null, 0, 2])
      expect(story.refuses(ask('completeRun', { fence }))).toMatchObject({ type: 'LeaseLost' })
  })

  test('is no way to complete a run that ended otherwise', () => {
    const story = new Story()
    story.does(ask('claimRun'))
    story.does(ask('failRun'))
    expect(story.refuses(ask('completeRun'))).toMatchObject({ type: 'LeaseLost' })
  })
})

describe('the paths at which two inputs differ', () => {
  test.for([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1, b: null }, { a: 1 }, []],
    [{ a: 1 }, { a: 2 }, ['a']],
    [{ a: { b: [1, 2] } }, { a: { b: [1, 3] } }, ['a.b.1']],
    [{ a: [1, 2] }, { a: [1] }, ['a.1']],
    [{ a: [1, null] }, { a: [1] }, ['a.1']],
    [{ a: [] }, { a: {} }, ['a']],
    [{ a: [] }, {}, ['a']],
    [{ a: '1' }, { a: 1 }, ['a']],
    [{ b: 1, a: 1 }, { a: 2, b: 2 }, ['a', 'b']],
    [{ constructor: null }, {}, []],
    [{ toString: 'x' }, {}, ['toString']],
    [null, null, []],
    [1, 2, ['(input)']],
    [{ a: 1 }, null, ['(input)']],
  ] as const)('of %j and %j are %j, from either side', ([one, other, paths]) => {
    expect(differingPaths(one as never, other as never)).toEqual(paths)
    expect(differingPaths(other as never, one as never)).toEqual(paths)
  })
})
