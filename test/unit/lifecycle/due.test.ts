import { describe, expect, test } from 'vitest'
import type { Command } from '../../../src/lifecycle/run/commandInputs.ts'
import { nextDueAt } from '../../../src/lifecycle/decide/due.ts'
import { define, RELAY, SOLO, TIMED } from '../../support/workflows.ts'
import { ask, resumeAndClaim } from './asks.ts'
import { Story } from './story.ts'

const DAY = 86_400
const held = (workflow = SOLO, leaseSeconds = 30) => {
  const story = new Story(workflow)
  story.does(ask('claimRun', { leaseSeconds }))
  return story
}

describe('the lapse of a lease', () => {
  test('comes with its last instant, not before', () => {
    const story = held().passes(29.999)
    expect(story.does(ask('sweep'))).toEqual([])
    expect(story.passes(0.001).does(ask('sweep'))).toEqual(['run.failed'])
    expect(story.run).toMatchObject({ status: 'FAILED', reason: 'OWNER_LOST', claim: null, epoch: 1 })
    expect(story.events.at(-1)?.actor).toBe('system')
  })

  test('hands a run of a workflow that requeues to the next owner, as often as it allows', () => {
    const story = held(RELAY)
    story.does(ask('startPhase'))
    for (const fence of [1, 2]) {
      expect(story.passes(31).does(ask('sweep'))).toEqual(['run.requeued'])
      expect(story.run).toMatchObject({ status: 'QUEUED', takeovers: fence, claim: null, epoch: 1 })
      expect(story.run.phases[0]?.status).toBe('RUNNING')
      story.does(ask('claimRun'))
    }
    expect(story.passes(31).does(ask('sweep'))).toEqual(['run.failed'])
    expect(story.run).toMatchObject({
      status: 'FAILED',
      reason: 'TAKEOVER_CAP',
      error: 'the owner first was lost, and the run was taken over 2 times, as often as its workflow allows',
    })
    expect(story.run.phases[0]?.status).toBe('CANCELLED')
    story.does(resumeAndClaim)
    expect(story.run.takeovers).toBe(0)
    story.does(ask('startPhase', { fence: 4 }))
    expect(story.passes(31).does(ask('sweep'))).toEqual(['run.requeued'])
  })

  test('of a paused run, or one that awaits an approval, ends the claim and nothing else', () => {
    const paused = held()
    paused.does(ask('pauseRun'))
    expect(paused.passes(30).does(ask('sweep'))).toEqual(['run.released'])
    expect(paused.run).toMatchObject({ status: 'PAUSED', claim: null })
    expect(paused.does(ask('sweep'))).toEqual([])
    const asking = held().become({ status: 'AWAITING_APPROVAL' })
    expect(asking.passes(30).does(ask('sweep'))).toEqual(['run.released'])
    expect(asking.run).toMatchObject({ status: 'AWAITING_APPROVAL', claim: null })
  })

  test('of a settled run ends the claim without a line in the log', () => {
    const story = new Story(TIMED)
    story.does(ask('claimRun', { leaseSeconds: 3600 }))
    expect(story.passes(1800).does(ask('sweep'))).toEqual(['run.failed'])
    expect(story.run).toMatchObject({ reason: 'IDLE_TIMEOUT', claim: { fence: 1 } })
    const { revision } = story.run
    expect(story.passes(1800).does(ask('sweep'))).toEqual([])
    expect(story.run).toMatchObject({ status: 'FAILED', claim: null, revision })
  })

  test('of a cancelled run waits for the grace, whatever its lease; what is held stays held until that ends', () => {
    const short = new Story(SOLO, { cancelGraceSeconds: 60 })
    short.does(ask('claimRun'))
    short.does(ask('cancelRun'))
    expect(short.passes(59).does(ask('sweep'))).toEqual([])
    expect(short.passes(1).does(ask('sweep'))).toEqual(['run.cancelled'])
    const long = held(SOLO, 100)
    long.does(ask('cancelRun', { isCascading: false }))
    expect(long.passes(29).does(ask('sweep'))).toEqual([])
    expect(long.passes(1).does(ask('sweep'))).toEqual(['run.cancelled'])
    expect(long.run).toMatchObject({
      status: 'CANCELLED',
      cancelConfirmed: false,
      grace: null,
      claim: { fence: 1 },
      cascade: false,
    })
    expect(long.refuses(ask('deleteRun'))).toMatchObject({ type: 'NotDeletable', status: 'CANCELLED' })
    long.passes(70).does(ask('sweep'))
    expect(long.run).toMatchObject({ status: 'CANCELLED', claim: null })
  })

  test('of a cancelled run comes when its own grace has ended, where that was moved or the settings changed', () => {
    const story = held(SOLO, 3600)
    story.does(ask('cancelRun'))
    expect(story.run.grace).toEqual({ seconds: 30, endsAt: story.now + 30_000 })
    const moved = { ...story.run, grace: { seconds: 30, endsAt: story.now + 90_000 } }
    story.become(moved)
    expect(story.passes(89).does(ask('sweep'))).toEqual([])
    expect(story.passes(1).does(ask('sweep'))).toEqual(['run.cancelled'])
  })

  test('is the resumption where a resume finds it under REQUEUE, and comes before one otherwise', () => {
    const relay = held(RELAY).passes(31)
    expect(relay.does(ask('resumeRun'))).toEqual(['run.requeued'])
    expect(relay.run).toMatchObject({ status: 'QUEUED', epoch: 1, resumes: 0 })
    const claimed = held(RELAY).passes(31)
    expect(claimed.does(resumeAndClaim)).toEqual(['run.requeued', 'run.claimed'])
    expect(claimed.run).toMatchObject({ status: 'RUNNING', epoch: 1, claim: { owner: 'next', fence: 2 } })
    const solo = held().passes(31)
    expect(solo.does(resumeAndClaim)).toEqual(['run.failed', 'run.resumed', 'run.claimed'])
    expect(solo.run).toMatchObject({ status: 'RUNNING', epoch: 2, resumes: 1, reason: null, settledAt: null })
  })

  test('is written even where the command that found it is refused', () => {
    const story = held().passes(31)
    const { result, events } = story.decide(ask('pauseRun'))
    expect(result).toMatchObject({ ok: false, problem: { type: 'NotPausable', status: 'FAILED' } })
    expect(events.map(({ type }) => type)).toEqual(['run.failed'])
  })

  test('ends executions in flight as lost, whatever becomes of the run', () => {
    const ends = (story: Story) => story.run.executions.map(({ end }) => end)
    for (const workflow of [SOLO, RELAY]) {
      const story = held(workflow)
      story.does(ask('startExecution'))
      story.passes(31).does(ask('sweep'))
      expect(ends(story)).toEqual(['SUPERVISOR_LOST'])
    }
    const cancelled = held()
    cancelled.does(ask('startExecution'))
    cancelled.does(ask('cancelRun'))
    cancelled.passes(31).does(ask('sweep'))
    expect(ends(cancelled)).toEqual(['SUPERVISOR_LOST'])
    const paused = held()
    paused.does(ask('startExecution'))
    paused.does(ask('pauseRun'))
    paused.passes(31).does(ask('sweep'))
    expect(ends(paused)).toEqual(['SUPERVISOR_LOST'])
  })
})

describe('a run claimed without a lease', () => {
  test('loses its owner after a day of silence', () => {
    const story = held(SOLO, 0).passes(DAY - 1)
    expect(story.does(ask('sweep'))).toEqual([])
    expect(story.passes(1).does(ask('sweep'))).toEqual(['run.failed'])
    expect(story.run.reason).toBe('OWNER_LOST')
  })

  test('keeps it with every event', () => {
    const story = held(SOLO, 0).passes(DAY - 1)
    story.does(ask('startPhase'))
    expect(story.passes(DAY - 1).does(ask('sweep'))).toEqual([])
  })

  test('keeps it while an execution is in flight, but not beyond a week', () => {
    const story = held(SOLO, 0)
    story.does(ask('startExecution'))
    expect(story.passes(7 * DAY - 1).does(ask('sweep'))).toEqual([])
    expect(story.passes(1).does(ask('sweep'))).toEqual(['run.failed'])
    expect(story.run.executions[0]?.end).toBe('SUPERVISOR_LOST')
  })

  test('is FAILED by a silence under REQUEUE too: nobody says that the owner stopped', () => {
    const story = held(RELAY, 0)
    expect(story.passes(DAY).does(ask('sweep'))).toEqual(['run.failed'])
  })

  test('comes back to its owner after a pause, and nobody else can claim in the meantime', () => {
    const story = held(SOLO, 0)
    story.does(ask('pauseRun'))
    story.passes(3 * DAY).does(ask('resumeRun'))
    expect(story.run).toMatchObject({ status: 'RUNNING', claim: { fence: 1, owner: 'first' } })
    expect(story.refuses(ask('claimRun')).type).toBe('NotClaimable')
  })
})

describe('a time limit', () => {
  test.for([
    ['queue', () => new Story(TIMED), 300, 'QUEUE_TIMEOUT'],
    ['phase', () => running(TIMED), 600, 'PHASE_TIMEOUT'],
    ['idle', () => held(TIMED, 3600), 1800, 'IDLE_TIMEOUT'],
    ['run, paused', () => paused(), 7200, 'RUN_TIMEOUT'],
    [
      'run, awaiting an approval',
      () => paused().become({ status: 'AWAITING_APPROVAL' }),
      7200,
      'RUN_TIMEOUT',
    ],
  ] as const)('of the %s fails the run when it is reached', ([, begin, seconds, reason]) => {
    const story = begin().passes(seconds - 1)
    expect(story.does(ask('sweep')).filter((type) => type === 'run.failed')).toEqual([])
    const { revision } = story.run
    expect(nextDueAt(story.run, story.workflow, story.settings)).toBe(story.now + 1000)
    expect(story.passes(1).does(ask('sweep'))).toEqual(['run.failed'])
    expect(story.run).toMatchObject({ status: 'FAILED', reason, revision: revision + 1 })
  })

  test('leaves the lease to an owner that has still to stop, so that nobody else can claim', () => {
    const story = running(TIMED)
    story.passes(600).does(ask('sweep'))
    expect(story.run).toMatchObject({ status: 'FAILED', claim: { fence: 1 } })
    expect(story.refuses(ask('resumeRun'))).toMatchObject({ type: 'NotResumable', because: 'OWNED' })
    expect(story.refuses(ask('startPhase'))).toMatchObject({ type: 'RunNotActive', status: 'FAILED' })
    const { revision } = story.run
    expect(story.does(ask('releaseRun'))).toEqual([])
    expect(story.run).toMatchObject({ claim: null, revision })
    expect(story.does(ask('resumeRun'))).toEqual(['run.resumed'])
  })

  test('ends a claim without a lease at once: there is nothing that would expire', () => {
    const story = held(TIMED, 0)
    story.passes(1800).does(ask('sweep'))
    expect(story.run).toMatchObject({ status: 'FAILED', reason: 'IDLE_TIMEOUT', claim: null })
  })

  test('does not touch a run that is being cancelled', () => {
    const story = held(TIMED, 3600)
    story.does(ask('cancelRun'))
    story.become({ grace: { seconds: 3600, endsAt: story.now + 3_600_000 } })
    expect(story.passes(3599).does(ask('sweep'))).toEqual([])
  })

  test('counts anew in a new epoch, and for each attempt of a phase', () => {
    const story = running(TIMED)
    story.passes(500).does(ask('startPhase', { isRepair: true }))
    expect(story.passes(599).does(ask('sweep'))).toEqual([])
    expect(story.passes(1).does(ask('sweep'))).toEqual(['run.failed'])
    story.does(ask('releaseRun'))
    story.does(ask('resumeRun'))
    expect(story.passes(299).does(ask('sweep'))).toEqual([])
  })

  test('that was passed first gives the reason, where several were', () => {
    const story = new Story(TIMED)
    story.does(ask('claimRun', { leaseSeconds: 0 }))
    story.does(ask('startPhase'))
    expect(story.passes(7200).does(ask('sweep'))).toEqual(['run.failed'])
    expect(story.run.reason).toBe('PHASE_TIMEOUT')
  })

  test('comes after a lapse: a run whose owner is lost is not also out of time', () => {
    const timed = define({ ...TIMED, name: 'timed-relay', onOwnerLost: 'REQUEUE' })
    const story = new Story(timed)
    story.does(ask('claimRun'))
    expect(story.passes(7199).does(ask('sweep'))).toEqual(['run.requeued'])
    expect(story.passes(1).does(ask('sweep'))).toEqual(['run.failed'])
    expect(story.run.reason).toBe('RUN_TIMEOUT')
    const both = new Story(timed)
    both.does(ask('claimRun'))
    expect(both.passes(7200).does(ask('sweep'))).toEqual(['run.requeued', 'run.failed'])
  })
})

describe('expiry', () => {
  const week = 7 * DAY
  test.for([
    ['queued', () => new Story()],
    ['awaiting an approval', () => new Story().become({ status: 'AWAITING_APPROVAL' })],
    ['asked how to go on, for a month at most', () => askedHowToGoOn(30 * DAY)],
  ] as const)('ends a run that is %s after a week of silence', ([, begin]) => {
    const story = begin().passes(week - 1)
    expect(story.does(ask('sweep')).filter((type) => type === 'run.expired')).toEqual([])
    story.become({ lastActivityAt: story.now + 1000 - week * 1000 })
    expect(story.passes(1).does(ask('sweep'))).toEqual(['run.expired'])
    expect(story.run).toMatchObject({ status: 'EXPIRED', reason: 'STALE', claim: null })
  })

  test.for([
    ['paused by a person', () => paused(SOLO)],
    ['paused by a person and held without a lease', () => paused(SOLO, 0)],
    ['asked how to go on, with no limit of time', () => askedHowToGoOn(null)],
  ] as const)('does not touch a run that is %s, however long it is silent', ([, begin]) => {
    const story = begin().passes(100 * DAY)
    expect(story.does(ask('sweep')).filter((type) => type !== 'run.released')).toEqual([])
    expect(story.run.status).toBe('PAUSED')
    expect(nextDueAt(story.run, story.workflow, story.settings)).toBeNull()
  })

  test('counts again from the moment at which a person resumes the run', () => {
    const story = paused(SOLO).passes(100 * DAY)
    story.does(ask('resumeRun'))
    expect(story.passes(week - 1).does(ask('sweep'))).toEqual([])
    expect(story.passes(1).does(ask('sweep'))).toEqual(['run.expired'])
  })

  test('does not touch a run that somebody holds a lease on', () => {
    const story = askedHowToGoOn(30 * DAY)
    story.become({
      claim: {
        ...{ owner: 'first', fence: 1, seconds: 3600, expiresAt: story.now + 8 * DAY * 1000 },
        ...{ claimedBy: 'olga', claimedById: 'prn_olga', kinds: [] },
      },
    })
    expect(story.passes(week).does(ask('sweep'))).toEqual([])
  })

  test('does not touch a run that has an execution in flight', () => {
    const story = askedHowToGoOn(30 * DAY, () => [ask('startExecution')])
    expect(story.passes(week).does(ask('sweep'))).toEqual([])
    story.does(ask('finishExecution'))
    expect(story.passes(week).does(ask('sweep'))).toEqual(['run.expired'])
  })

  test('is final: nothing brings the run back', () => {
    const story = new Story().passes(week)
    expect(story.refuses(ask('claimRun'))).toMatchObject({ type: 'NotClaimable', status: 'EXPIRED' })
    expect(story.refuses(ask('resumeRun'))).toMatchObject({ because: 'FINAL' })
  })
})

test('nothing is ever due on a settled run', () => {
  const story = new Story(TIMED)
  story.does(ask('cancelRun'))
  expect(nextDueAt(story.run, story.workflow, story.settings)).toBeNull()
  expect(story.passes(100 * DAY).does(ask('sweep'))).toEqual([])
})

test('the next moment something is due is the earliest of all that can be', () => {
  const story = new Story(TIMED)
  const at = () => (nextDueAt(story.run, story.workflow, story.settings) ?? 0) - story.now
  expect(at()).toBe(300_000)
  story.does(ask('claimRun', { leaseSeconds: 3600 }))
  expect(at()).toBe(1_800_000)
  story.does(ask('startPhase'))
  expect(at()).toBe(600_000)
  story.does(ask('pauseRun'))
  expect(at()).toBe(7_200_000)
  story.does(ask('cancelRun'))
  expect(at()).toBe(30_000)
  const bare = held(SOLO, 0)
  expect((nextDueAt(bare.run, bare.workflow, bare.settings) ?? 0) - bare.now).toBe(DAY * 1000)
})

function running(workflow = SOLO, leaseSeconds = 3600): Story {
  const story = held(workflow, leaseSeconds)
  story.does(ask('startPhase'))
  return story
}

/** Held without a lease, a phase failed, and a person asked how to go on; nobody is, where no time is named. */
function askedHowToGoOn(expiresInSeconds: number | null, first: () => Command[] = () => []): Story {
  const story = running(SOLO, 0)
  for (const command of first()) story.does(command)
  story.does(
    ask('requestApproval', {
      kind: 'RECOVERY',
      gate: 'g',
      question: '?',
      expiresInSeconds,
      onExpiry: 'REJECT',
    }),
  )
  return story
}

function paused(workflow = TIMED, leaseSeconds = 30): Story {
  const story = held(workflow, leaseSeconds)
  story.does(ask('pauseRun'))
  return story
}
