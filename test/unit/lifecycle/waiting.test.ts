import { describe, expect, test } from 'vitest'
import { allowedCommands, nextAction } from '../../../src/lifecycle/answers/derive.ts'
import { nextDueAt } from '../../../src/lifecycle/decide/due.ts'
import { verifyLog } from '../../../src/lifecycle/log/verify.ts'
import { define } from '../../support/workflows.ts'
import { ask } from './asks.ts'
import { actorOf, Story } from './story.ts'

const HURRIED = define({
  name: 'hurried',
  initialPhase: 'work',
  onOwnerLost: 'REQUEUE',
  phases: [{ key: 'work', final: true, timeoutSeconds: 100 }],
  timeouts: { queueSeconds: 60, idleSeconds: 90, runSeconds: 100_000 },
})

const DAY = 86_400

/** A run that its owner gave back, to be claimed again in so many seconds. */
function putOff(seconds: number, { blocked = false } = {}) {
  const story = new Story(HURRIED)
  story.does(ask('claimRun'))
  story.does(
    ask('releaseRun', { claimableAt: story.now + seconds * 1000, waitsFor: 'the quota', isBlocked: blocked }),
  )
  return story
}

describe('a release that puts off the next claim', () => {
  test('leads to the queue, where nobody claims the run before', () => {
    const story = putOff(40)
    const claimableAt = story.run.notBefore
    expect(story.run).toMatchObject({ status: 'QUEUED', waitsFor: 'the quota', takeovers: 0, claim: null })
    const refused = { type: 'NotClaimable', status: 'QUEUED', claimableAt, waitsFor: 'the quota' }
    expect(story.refuses(ask('claimRun'))).toMatchObject(refused)
    expect(nextAction(story.run, story)).toBe('WAIT')
    expect(allowedCommands(story.run, story, actorOf('wanda'))).not.toContain('CLAIM')
    story.passes(40)
    expect(nextAction(story.run, story)).toBe('CLAIM')
    story.does(ask('claimRun'))
    expect(story.run).toMatchObject({ status: 'RUNNING', notBefore: null, waitsFor: null })
  })

  test('lies at most 8 days ahead', () => {
    const story = new Story(HURRIED)
    story.does(ask('claimRun'))
    const release = (seconds: number) => ask('releaseRun', { claimableAt: story.now + seconds * 1000 })
    expect(story.refuses(release(8 * DAY + 1))).toMatchObject({
      type: 'InvalidInput',
      issues: [{ path: ['claimableAt'] }],
    })
    story.does(release(8 * DAY))
  })

  test('of a run that is not RUNNING any more ends the claim alone', () => {
    const story = new Story(HURRIED)
    story.does(ask('claimRun'))
    story.does(ask('pauseRun'))
    story.does(ask('releaseRun', { claimableAt: story.now + 40_000 }))
    expect(story.run).toMatchObject({ status: 'PAUSED', claim: null, notBefore: null })
  })

  test('is kept by a pause, and cleared by anyone who resumes without a claim', () => {
    const story = putOff(40)
    const { notBefore } = story.run
    story.does(ask('pauseRun'))
    expect(story.run).toMatchObject({ status: 'PAUSED', notBefore })
    const claim = { owner: 'second', leaseSeconds: 30 }
    expect(story.refuses(ask('resumeRun', { claim }))).toMatchObject({
      type: 'NotClaimable',
      status: 'PAUSED',
      claimableAt: notBefore,
    })
    story.does(ask('resumeRun'))
    expect(story.run).toMatchObject({ status: 'QUEUED', notBefore: null, waitsFor: null })
    story.does(ask('claimRun'))
  })

  test('lets the queue limit and staleness count from it, and the run limit go on', () => {
    const story = putOff(DAY)
    const at = story.run.notBefore ?? 0
    expect(nextDueAt(story.run, story.workflow, story.settings)).toBe(at + 60_000)
    const patient = new Story(define({ ...HURRIED, name: 'patient', timeouts: {} }))
    patient.does(ask('claimRun'))
    patient.does(ask('releaseRun', { claimableAt: patient.now + 8 * DAY * 1000 }))
    expect(nextDueAt(patient.run, patient.workflow, patient.settings)).toBe(patient.now + 15 * DAY * 1000)
  })

  test('lets the queue limit count on where its owner could not begin', () => {
    const story = putOff(40, { blocked: true })
    const first = story.run.createdAt
    story.passes(41)
    story.does(ask('claimRun'))
    story.does(ask('releaseRun', { fence: 2, claimableAt: story.now + 40_000, isBlocked: true }))
    expect(nextDueAt(story.run, story.workflow, story.settings)).toBe(first + 60_000)
    story.passes(20)
    story.does(ask('sweep'))
    expect(story.run).toMatchObject({ status: 'FAILED', reason: 'QUEUE_TIMEOUT', notBefore: null })
  })
})

describe('limits of time', () => {
  const atWork = () => {
    const story = new Story(HURRIED)
    story.does(ask('claimRun', { leaseSeconds: 3600 }))
    story.does(ask('startPhase'))
    return story
  }

  test('of a phase do not count a pause, however long', () => {
    const story = atWork()
    story.passes(60)
    story.does(ask('pauseRun'))
    story.passes(1000)
    story.does(ask('sweep'))
    story.does(ask('resumeRun'))
    expect(story.run).toMatchObject({ status: 'RUNNING', awayMs: 1_000_000 })
    story.passes(39)
    story.does(ask('sweep'))
    expect(story.run.status).toBe('RUNNING')
    story.passes(2)
    story.does(ask('sweep'))
    expect(story.run).toMatchObject({ status: 'FAILED', reason: 'PHASE_TIMEOUT' })
  })

  test('of a phase do not count the queue between two owners, nor a pause in it', () => {
    const story = atWork()
    story.passes(60)
    story.does(ask('releaseRun'))
    story.passes(30)
    story.does(ask('pauseRun'))
    story.passes(500)
    story.does(ask('resumeRun'))
    story.passes(30)
    story.does(ask('claimRun', { leaseSeconds: 3600 }))
    expect(story.run.awayMs).toBe(560_000)
    expect(nextDueAt(story.run, story.workflow, story.settings)).toBe(story.now + 40_000)
    // the next attempt counts from its own start
    story.does(ask('startPhase', { fence: 2, isRepair: true }))
    expect(story.run.awayMs).toBe(0)
  })

  test('for silence do not count a pause', () => {
    const story = atWork()
    story.passes(80)
    story.does(ask('pauseRun'))
    story.passes(500)
    story.does(ask('resumeRun'))
    story.passes(15)
    story.does(ask('sweep'))
    expect(story.run.status).toBe('RUNNING')
  })

  test('count in a log of an earlier version as they did when it was written', () => {
    const story = atWork()
    story.passes(60)
    story.does(ask('pauseRun'))
    story.passes(30)
    story.does(ask('resumeRun'))
    const old = story.events.map((event) => {
      const { awayMs: _away, queuedFrom: _from, ...payload } = event.payload as Record<string, unknown>
      return { ...event, payload } as typeof event
    })
    story.become({ awayMs: 0, queuedFrom: null }).events = old
    expect(verifyLog(story.run, old, story.workflow).differences).toEqual([])
    story.passes(11)
    story.does(ask('sweep'))
    expect(story.run).toMatchObject({ status: 'FAILED', reason: 'PHASE_TIMEOUT' })
  })
})
