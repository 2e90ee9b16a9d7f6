import { describe, expect, test } from 'vitest'
import { missingEvidence } from '../../../src/lifecycle/activity/evidence.ts'
import type { PhaseStatus } from '../../../src/lifecycle/run/enums.ts'
import { define, GATED, ROUNDS, SOLO } from '../../support/workflows.ts'
import { ask } from './asks.ts'
import { Story } from './story.ts'

/** A graph of three phases without rounds: a self-loop, a way back, an end, and an end that asks for a file. */
const GRAPH = define({
  name: 'graph',
  initialPhase: 'a',
  phases: [
    { key: 'a', next: ['a', 'b'] },
    { key: 'b', next: ['a', 'end', 'paper'] },
    { key: 'end', final: true },
    { key: 'paper', final: true, artifact: { path: 'p.md' } },
  ],
})

const held = (workflow = GRAPH) => {
  const story = new Story(workflow)
  story.does(ask('claimRun', { leaseSeconds: 0 }))
  return story
}
const start = (phase: string) => ask('startPhase', { phase })
const repair = (phase: string) => ask('startPhase', { phase, isRepair: true, because: 'no file' })
const fail = (phase: string) => ask('failPhase', { phase })
const to = (phase: string) => ask('advancePhase', { to: phase })
const phaseOf = (story: Story, key: string, round = story.run.round) =>
  story.run.phases.find((phase) => phase.key === key && phase.round === round)
/** Puts the current phase into a status that takes artifacts or approvals to reach. */
const put = (story: Story, key: string, status: PhaseStatus) =>
  story.become({
    phases: story.run.phases.map((phase) => (phase.key === key ? { ...phase, status } : phase)),
  })

describe('a round that opens', () => {
  test('has every phase of the workflow, PENDING, and stands at its initial one', () => {
    const { run } = new Story(ROUNDS)
    expect(run).toMatchObject({ currentPhase: 'draft', round: 1, roundComplete: false })
    expect(
      run.phases.map(({ key, status, position, attempts }) => [key, status, position, attempts]),
    ).toEqual([
      ['draft', 'PENDING', 0, 0],
      ['check', 'PENDING', 1, 0],
      ['wrap', 'PENDING', 2, 0],
      ['done', 'PENDING', 3, 0],
    ])
  })
})

describe('startPhase', () => {
  test('starts the current phase, and again once its attempt is over without success', () => {
    const story = held()
    expect(story.does(start('a'))).toEqual(['phase.started'])
    expect(phaseOf(story, 'a')).toMatchObject({
      status: 'RUNNING',
      attempts: 1,
      startedAt: story.now,
      endedAt: null,
    })
    story.does(fail('a'))
    expect(phaseOf(story, 'a')).toMatchObject({ status: 'FAILED', endedAt: story.now, error: { code: 'E' } })
    story.does(start('a'))
    expect(phaseOf(story, 'a')).toMatchObject({ status: 'RUNNING', attempts: 2, error: null })
    expect(phaseOf(story, 'a')?.history).toEqual([
      { attempt: 1, epoch: 1, status: 'FAILED' },
      { attempt: 2, epoch: 1, status: 'RUNNING' },
    ])
  })

  test('starts a phase that a settling cancelled, in the new epoch', () => {
    const story = held()
    story.does(start('a'))
    story.does(ask('failRun'))
    expect(phaseOf(story, 'a')?.status).toBe('CANCELLED')
    story.does(ask('resumeRun'))
    story.does(ask('claimRun'))
    story.does(ask('startPhase', { phase: 'a', fence: 2 }))
    expect(phaseOf(story, 'a')?.history).toEqual([
      { attempt: 1, epoch: 1, status: 'CANCELLED' },
      { attempt: 2, epoch: 2, status: 'RUNNING' },
    ])
  })

  test.for(['RUNNING', 'AWAITING_ARTIFACT', 'AWAITING_APPROVAL', 'COMPLETED', 'SKIPPED'] as const)(
    'is IllegalTransition on a phase that is %s',
    (status) => {
      const story = held()
      story.does(start('a'))
      put(story, 'a', status)
      expect(story.refuses(start('a'))).toMatchObject({ type: 'IllegalTransition', from: 'a', to: 'a' })
    },
  )

  test('is IllegalTransition on a phase that is not the current one, and UnknownPhase on none', () => {
    const story = held()
    expect(story.refuses(start('b'))).toMatchObject({
      type: 'IllegalTransition',
      from: 'a',
      to: 'b',
      allowed: ['a'],
    })
    expect(story.refuses(start('z'))).toEqual({
      type: 'UnknownPhase',
      phase: 'z',
      known: ['a', 'b', 'end', 'paper'],
    })
  })

  test.for(['RUNNING', 'AWAITING_ARTIFACT'] as const)(
    'repairs an attempt that is %s, and says why',
    (status) => {
      const story = held()
      story.does(start('a'))
      if (status !== 'RUNNING') put(story, 'a', status)
      const { events } = story.decide(repair('a'))
      expect(events).toMatchObject([
        { type: 'phase.started', payload: { attempt: 2, repair: true, because: 'no file' } },
      ])
      expect(phaseOf(story, 'a')).toMatchObject({ status: 'RUNNING', attempts: 2 })
    },
  )

  test.for(['PENDING', 'FAILED', 'CANCELLED', 'COMPLETED', 'AWAITING_APPROVAL', 'SKIPPED'] as const)(
    'repairs nothing that is %s',
    (status) => {
      const story = held()
      put(story, 'a', status)
      expect(story.refuses(repair('a')).type).toBe('IllegalTransition')
    },
  )
})

describe('failPhase', () => {
  test.for(['PENDING', 'COMPLETED', 'FAILED', 'CANCELLED', 'AWAITING_APPROVAL', 'SKIPPED'] as const)(
    'is IllegalTransition on a phase that is %s',
    (status) => {
      expect(put(held(), 'a', status).refuses(fail('a')).type).toBe('IllegalTransition')
    },
  )
  test.for(['RUNNING', 'AWAITING_ARTIFACT'] as const)(
    'fails a phase that is %s and leaves the run RUNNING',
    (status) => {
      const story = held()
      story.does(start('a'))
      if (status !== 'RUNNING') put(story, 'a', status)
      story.does(fail('a'))
      expect(phaseOf(story, 'a')?.status).toBe('FAILED')
      expect(story.run.status).toBe('RUNNING')
    },
  )
  test('is IllegalTransition elsewhere than at the current phase, UnknownPhase nowhere', () => {
    expect(held().refuses(fail('b')).type).toBe('IllegalTransition')
    expect(held().refuses(fail('z')).type).toBe('UnknownPhase')
  })
})

describe('advancePhase', () => {
  test('completes the phase it leaves and starts the one it enters, along an edge', () => {
    const story = held()
    story.does(start('a'))
    expect(story.does(to('b'))).toEqual(['phase.completed', 'phase.started'])
    expect(story.run.currentPhase).toBe('b')
    expect(phaseOf(story, 'a')?.status).toBe('COMPLETED')
    expect(phaseOf(story, 'b')).toMatchObject({ status: 'RUNNING', attempts: 1 })
  })

  test('goes round a self-loop and back along a declared edge, each time a new attempt', () => {
    const story = held()
    story.does(start('a'))
    story.does(to('a'))
    expect(phaseOf(story, 'a')).toMatchObject({ status: 'RUNNING', attempts: 2 })
    story.does(to('b'))
    story.does(to('a'))
    expect(phaseOf(story, 'a')).toMatchObject({ status: 'RUNNING', attempts: 3 })
    expect(phaseOf(story, 'b')?.status).toBe('COMPLETED')
  })

  test('completes a final phase that asks for nothing at once, and starts one that asks for a file', () => {
    const story = held()
    story.does(start('a'))
    story.does(to('b'))
    const other = story.fork()
    expect(story.does(to('end'))).toEqual(['phase.completed', 'phase.started', 'phase.completed'])
    expect(phaseOf(story, 'end')?.status).toBe('COMPLETED')
    expect(other.does(to('paper'))).toEqual(['phase.completed', 'phase.started'])
    expect(phaseOf(other, 'paper')?.status).toBe('RUNNING')
  })

  test('is IllegalTransition without an edge, naming what is allowed', () => {
    const story = held()
    story.does(start('a'))
    expect(story.refuses(to('end'))).toMatchObject({
      type: 'IllegalTransition',
      from: 'a',
      to: 'end',
      allowed: ['a', 'b'],
    })
    expect(story.refuses(to('z'))).toMatchObject({ type: 'UnknownPhase', phase: 'z' })
  })

  test.for(['PENDING', 'FAILED', 'CANCELLED'] as const)(
    'never leaves a phase that is %s: skipping work is never silent',
    (status) => {
      const story = put(held(), 'a', status)
      expect(story.refuses(to('b'))).toMatchObject({ type: 'IllegalTransition', allowed: ['a'] })
    },
  )

  test('leaves a phase only with its evidence: its file, and its approval', () => {
    const story = held(GATED)
    story.does(start('plan'))
    expect(story.refuses(to('done'))).toMatchObject({
      type: 'NotCompletable',
      status: 'RUNNING',
      missing: [
        { kind: 'ARTIFACT', phase: 'plan' },
        { kind: 'APPROVAL', phase: 'plan' },
      ],
    })
    const file = { phase: 'plan', path: 'plan.md', sha256: 'a1', size: 1 }
    expect(story.does(ask('submitArtifact', file))).toEqual(['artifact.validated', 'approval.requested'])
    const [approval] = story.run.approvals
    const { id: approvalId = '', digest = '' } = approval ?? {}
    expect(story.does(ask('decideApproval', { approvalId, digest }))).toEqual(['approval.decided'])
    expect(story.does(to('done'))).toEqual(['phase.started', 'phase.completed'])
  })
})

describe('rounds', () => {
  const atCheck = () => {
    const story = held(ROUNDS)
    story.does(start('draft'))
    story.does(to('check'))
    return story
  }
  const inRound = (round: number) => {
    const story = atCheck()
    for (let passed = 1; passed < round; passed++) {
      story.does(ask('completeRound'))
      story.does(to('draft'))
      story.does(start('draft'))
      story.does(to('check'))
    }
    return story
  }

  test('a final phase is entered only with the round complete', () => {
    const story = atCheck()
    expect(story.refuses(to('done'))).toMatchObject({ type: 'NotCompletable', missing: [{ kind: 'ROUND' }] })
    story.does(ask('completeRound'))
    story.does(to('done'))
    expect(story.does(ask('completeRun'))).toEqual(['run.completed'])
  })

  test('a final phase that completes the round itself may be entered before', () => {
    const story = held(define({ ...ROUNDS, name: 'last', completeRoundAt: 'done' }))
    story.does(start('draft'))
    story.does(to('check'))
    story.does(to('done'))
    expect(story.refuses(ask('completeRun'))).toMatchObject({ missing: [{ kind: 'ROUND' }] })
    story.does(ask('completeRound'))
    expect(story.does(ask('completeRun'))).toEqual(['run.completed'])
  })

  test('completing one completes its phase, and doing so again changes nothing', () => {
    const story = atCheck()
    expect(story.does(ask('completeRound'))).toEqual(['phase.completed', 'round.completed'])
    expect(phaseOf(story, 'check')?.status).toBe('COMPLETED')
    expect(story.decide(ask('completeRound'))).toMatchObject({ result: { changed: false }, events: [] })
    expect(story.run).toMatchObject({ completedRound: 1, roundComplete: true })
  })

  test('is completed only at its phase, started and with its evidence', () => {
    const story = held(ROUNDS)
    const illegal = { type: 'IllegalTransition', from: 'draft', to: 'check', allowed: ['draft'] }
    expect(story.refuses(ask('completeRound'))).toMatchObject(illegal)
    const pending = put(atCheck(), 'check', 'PENDING')
    expect(pending.refuses(ask('completeRound')).type).toBe('IllegalTransition')
    const strict = define({
      ...ROUNDS,
      name: 'strict',
      phases: ROUNDS.phases.map((phase) =>
        phase.key === 'check'
          ? { ...phase, artifact: { path: 'c.md', required: true, schema: null } }
          : phase,
      ),
    })
    const short = held(strict)
    short.does(start('draft'))
    short.does(to('check'))
    expect(short.refuses(ask('completeRound'))).toMatchObject({
      type: 'NotCompletable',
      missing: [{ kind: 'ARTIFACT' }],
    })
    expect(held(SOLO).refuses(ask('completeRound'))).toMatchObject({ type: 'IllegalTransition', allowed: [] })
  })

  test('advancing to the initial phase opens the next one, PENDING, where more are allowed', () => {
    const story = atCheck()
    story.does(ask('completeRound'))
    expect(story.does(to('draft'))).toEqual(['round.opened'])
    expect(story.run).toMatchObject({ round: 2, currentPhase: 'draft', roundComplete: false })
    expect(phaseOf(story, 'draft')).toMatchObject({ status: 'PENDING', attempts: 0 })
    expect(story.run.phases).toHaveLength(8)
    const last = inRound(3)
    last.does(ask('completeRound'))
    expect(last.refuses(to('draft'))).toMatchObject({
      type: 'IllegalTransition',
      from: 'check',
      to: 'draft',
      allowed: ['wrap', 'done'],
    })
  })

  test('before it is complete the same edge is a step back within it', () => {
    const story = atCheck()
    expect(story.does(to('draft'))).toEqual(['phase.completed', 'phase.started'])
    expect(story.run).toMatchObject({ round: 1, currentPhase: 'draft' })
  })

  test('a further attempt of its phase reopens it', () => {
    const workflow = define({
      ...ROUNDS,
      name: 'again',
      phases: ROUNDS.phases.map((phase) =>
        phase.key === 'wrap' ? { ...phase, next: ['done', 'check'] } : phase,
      ),
    })
    const story = held(workflow)
    story.does(start('draft'))
    story.does(to('check'))
    story.does(ask('completeRound'))
    story.does(to('wrap'))
    story.does(to('check'))
    expect(story.run).toMatchObject({ roundComplete: false, completedRound: 1, round: 1 })
    expect(story.refuses(to('done'))).toMatchObject({ missing: [{ kind: 'ROUND' }] })
    story.does(ask('completeRound'))
    expect(story.does(to('draft'))).toEqual(['round.opened'])
    expect(story.run.round).toBe(2)
  })

  test('no phase is left under way in an old one: what it leaves is completed or refused', () => {
    const story = atCheck()
    story.does(ask('completeRound'))
    story.does(to('wrap'))
    const failed = story.fork()
    expect(story.does(to('draft'))).toEqual(['phase.completed', 'round.opened'])
    expect(phaseOf(story, 'wrap', 1)?.status).toBe('COMPLETED')
    failed.does(fail('wrap'))
    expect(failed.refuses(to('draft'))).toMatchObject({ type: 'IllegalTransition', allowed: ['wrap'] })
  })

  test('of a completed run count no more: its last must be complete as well', () => {
    const story = atCheck()
    story.does(ask('completeRound'))
    story.does(to('draft'))
    story.does(start('draft'))
    story.does(to('check'))
    const kinds = missingEvidence(story.run, ROUNDS, []).map(({ kind }) => kind)
    expect(kinds).toEqual(['FINAL_PHASE', 'PHASE', 'ROUND'])
  })
})

describe('completing a run', () => {
  test('takes a final phase', () => {
    const story = held()
    story.does(start('a'))
    expect(story.refuses(ask('completeRun'))).toMatchObject({
      type: 'NotCompletable',
      missing: [
        { kind: 'FINAL_PHASE', phase: 'a' },
        { kind: 'PHASE', phase: 'a' },
      ],
    })
    story.does(to('b'))
    story.does(to('end'))
    expect(story.does(ask('completeRun', { output: { ok: true } }))).toEqual(['run.completed'])
    expect(story.run).toMatchObject({
      status: 'COMPLETED',
      reason: 'COMPLETED',
      output: { ok: true },
      claim: null,
    })
  })

  test('takes every phase on the way to be COMPLETED', () => {
    const story = held()
    story.does(start('a'))
    story.does(to('b'))
    story.does(to('end'))
    put(story, 'a', 'CANCELLED')
    expect(story.refuses(ask('completeRun'))).toMatchObject({ missing: [{ kind: 'PHASE', phase: 'a' }] })
  })

  test('takes the file of a final phase', () => {
    const story = held()
    story.does(start('a'))
    story.does(to('b'))
    story.does(to('paper'))
    expect(story.refuses(ask('completeRun'))).toMatchObject({
      missing: [
        { kind: 'PHASE', phase: 'paper' },
        { kind: 'ARTIFACT', phase: 'paper' },
      ],
    })
  })

  test('completes the last phase under way, and never one that was not started or failed', () => {
    const pending = held(SOLO)
    expect(pending.refuses(ask('completeRun'))).toMatchObject({ missing: [{ kind: 'PHASE', phase: 'work' }] })
    pending.does(start('work'))
    pending.does(fail('work'))
    expect(pending.refuses(ask('completeRun'))).toMatchObject({ missing: [{ kind: 'PHASE', phase: 'work' }] })
    pending.does(start('work'))
    expect(pending.does(ask('completeRun'))).toEqual(['phase.completed', 'run.completed'])
  })

  test('skips the phases that never began; failing or cancelling leaves them PENDING', () => {
    const statuses = (story: Story) => story.run.phases.map(({ status }) => status)
    const completed = held()
    completed.does(start('a'))
    completed.does(to('b'))
    completed.does(to('end'))
    completed.does(ask('completeRun'))
    expect(statuses(completed)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED', 'SKIPPED'])
    for (const end of [ask('failRun'), ask('cancelRun')]) {
      const story = held()
      story.does(start('a'))
      story.does(to('b'))
      story.does(end)
      expect(statuses(story)).toEqual(['COMPLETED', 'CANCELLED', 'PENDING', 'PENDING'])
    }
  })
})
