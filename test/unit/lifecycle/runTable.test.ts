import { describe, expect, test } from 'vitest'
import type { Command } from '../../../src/lifecycle/run/commandInputs.ts'
import type { RunStatus } from '../../../src/lifecycle/run/enums.ts'
import { ask, resumeAndClaim } from './asks.ts'
import { Story } from './story.ts'

/** Every situation of a run that the table of commands tells apart; held ones by fence 1. */
const SITUATIONS = {
  queued: () => new Story(),
  running: () => held(),
  'running without a lease': () => held(0),
  'awaiting approval': () => held().become({ status: 'AWAITING_APPROVAL' }),
  paused: () => did(held(), ask('pauseRun')),
  'paused, nobody holding it': () => did(new Story(), ask('pauseRun')),
  'paused, held without a lease': () => did(held(0), ask('pauseRun')),
  cancelling: () => did(held(), ask('cancelRun')),
  completed: () => did(held(), ask('startPhase'), ask('completeRun')),
  failed: () => did(held(), ask('failRun')),
  'failed under its owner': () => {
    const story = held()
    story.become({ status: 'FAILED', reason: 'RUN_TIMEOUT', error: 'x', settledAt: story.now })
    return story
  },
  'failed too often': () => did(held(), ask('failRun')).become({ resumes: 10 }),
  cancelled: () => did(new Story(), ask('cancelRun')),
  expired: () => did(new Story().passes(8 * 86_400), ask('sweep')),
} satisfies Record<string, () => Story>
type SituationName = keyof typeof SITUATIONS

function held(leaseSeconds = 30): Story {
  return did(new Story(), ask('claimRun', { leaseSeconds }))
}

function did(story: Story, ...commands: Command[]): Story {
  for (const command of commands) story.does(command)
  return story
}

/** What is expected: the status it leads to, `unchanged`, `deleted`, or the problem with what it tells. */
type Expected = RunStatus | 'unchanged' | 'deleted' | { type: string; [told: string]: unknown }
type Row = Record<SituationName, Expected>

const lost: Expected = { type: 'LeaseLost', yourFence: 1 }
const notClaimable = (status: RunStatus) => ({ type: 'NotClaimable', status })
const notPausable = (status: RunStatus) => ({ type: 'NotPausable', status })
const notResumable = (status: RunStatus, because: string) => ({ type: 'NotResumable', status, because })
const notCompletable = (status: RunStatus) => ({ type: 'NotCompletable', status })
const notActive = (status: RunStatus) => ({ type: 'RunNotActive', status })
const notDeletable = (status: RunStatus) => ({ type: 'NotDeletable', status })
const HOLDER = { owner: 'first' }

const TABLE: Record<string, readonly [Command, Row]> = {
  claim: [
    ask('claimRun', { owner: 'second' }),
    {
      queued: 'RUNNING',
      running: { ...notClaimable('RUNNING'), holder: HOLDER },
      'running without a lease': { ...notClaimable('RUNNING'), holder: HOLDER },
      'awaiting approval': { ...notClaimable('AWAITING_APPROVAL'), holder: HOLDER },
      paused: { ...notClaimable('PAUSED'), holder: HOLDER },
      'paused, nobody holding it': { ...notClaimable('PAUSED'), holder: null },
      'paused, held without a lease': { ...notClaimable('PAUSED'), holder: HOLDER },
      cancelling: { ...notClaimable('CANCELLING'), holder: HOLDER },
      completed: { ...notClaimable('COMPLETED'), holder: null },
      failed: { ...notClaimable('FAILED'), holder: null },
      'failed under its owner': { ...notClaimable('FAILED'), holder: HOLDER },
      'failed too often': notClaimable('FAILED'),
      cancelled: notClaimable('CANCELLED'),
      expired: notClaimable('EXPIRED'),
    },
  ],
  release: [
    ask('releaseRun'),
    {
      queued: lost,
      running: 'QUEUED',
      'running without a lease': 'QUEUED',
      'awaiting approval': 'AWAITING_APPROVAL',
      paused: 'PAUSED',
      'paused, nobody holding it': lost,
      'paused, held without a lease': 'PAUSED',
      cancelling: 'CANCELLED',
      completed: lost,
      failed: lost,
      'failed under its owner': 'FAILED',
      'failed too often': lost,
      cancelled: lost,
      expired: lost,
    },
  ],
  pause: [
    ask('pauseRun'),
    {
      queued: 'PAUSED',
      running: 'PAUSED',
      'running without a lease': 'PAUSED',
      'awaiting approval': 'PAUSED',
      paused: notPausable('PAUSED'),
      'paused, nobody holding it': notPausable('PAUSED'),
      'paused, held without a lease': notPausable('PAUSED'),
      cancelling: notPausable('CANCELLING'),
      completed: notPausable('COMPLETED'),
      failed: notPausable('FAILED'),
      'failed under its owner': notPausable('FAILED'),
      'failed too often': notPausable('FAILED'),
      cancelled: notPausable('CANCELLED'),
      expired: notPausable('EXPIRED'),
    },
  ],
  resume: [
    ask('resumeRun'),
    {
      queued: notResumable('QUEUED', 'QUEUED'),
      running: notResumable('RUNNING', 'OWNED'),
      'running without a lease': notResumable('RUNNING', 'OWNED'),
      'awaiting approval': notResumable('AWAITING_APPROVAL', 'AWAITING_APPROVAL'),
      paused: 'RUNNING',
      'paused, nobody holding it': 'QUEUED',
      'paused, held without a lease': 'RUNNING',
      cancelling: notResumable('CANCELLING', 'CANCELLING'),
      completed: notResumable('COMPLETED', 'FINAL'),
      failed: 'QUEUED',
      'failed under its owner': notResumable('FAILED', 'OWNED'),
      'failed too often': notResumable('FAILED', 'RESUME_CAP'),
      cancelled: notResumable('CANCELLED', 'FINAL'),
      expired: notResumable('EXPIRED', 'FINAL'),
    },
  ],
  'resume with a claim': [
    resumeAndClaim,
    {
      queued: notResumable('QUEUED', 'QUEUED'),
      running: notResumable('RUNNING', 'OWNED'),
      'running without a lease': notResumable('RUNNING', 'OWNED'),
      'awaiting approval': notResumable('AWAITING_APPROVAL', 'AWAITING_APPROVAL'),
      paused: notResumable('PAUSED', 'OWNED'),
      'paused, nobody holding it': 'RUNNING',
      'paused, held without a lease': notResumable('PAUSED', 'OWNED'),
      cancelling: notResumable('CANCELLING', 'CANCELLING'),
      completed: notResumable('COMPLETED', 'FINAL'),
      failed: 'RUNNING',
      'failed under its owner': notResumable('FAILED', 'OWNED'),
      'failed too often': notResumable('FAILED', 'RESUME_CAP'),
      cancelled: notResumable('CANCELLED', 'FINAL'),
      expired: notResumable('EXPIRED', 'FINAL'),
    },
  ],
  'complete, its work under way': [
    ask('completeRun'),
    {
      queued: lost,
      running: { ...notCompletable('RUNNING'), missing: [{ kind: 'PHASE', phase: 'work' }] },
      'running without a lease': notCompletable('RUNNING'),
      'awaiting approval': notCompletable('AWAITING_APPROVAL'),
      paused: notCompletable('PAUSED'),
      'paused, nobody holding it': lost,
      'paused, held without a lease': notCompletable('PAUSED'),
      cancelling: notCompletable('CANCELLING'),
      completed: 'unchanged',
      failed: lost,
      'failed under its owner': { ...notActive('FAILED'), directive: 'STOP' },
      'failed too often': lost,
      cancelled: lost,
      expired: lost,
    },
  ],
  fail: [
    ask('failRun'),
    {
      queued: lost,
      running: 'FAILED',
      'running without a lease': 'FAILED',
      'awaiting approval': notActive('AWAITING_APPROVAL'),
      paused: notActive('PAUSED'),
      'paused, nobody holding it': lost,
      'paused, held without a lease': notActive('PAUSED'),
      cancelling: notActive('CANCELLING'),
      completed: lost,
      failed: lost,
      'failed under its owner': notActive('FAILED'),
      'failed too often': lost,
      cancelled: lost,
      expired: lost,
    },
  ],
  'fail without a fence': [
    ask('failRun', { fence: null }),
    {
      queued: 'FAILED',
      running: { type: 'LeaseLost', yourFence: 0, currentFence: 1 },
      'running without a lease': { type: 'LeaseLost', yourFence: 0 },
      'awaiting approval': { type: 'LeaseLost', yourFence: 0 },
      paused: { type: 'LeaseLost', yourFence: 0 },
      'paused, nobody holding it': { type: 'LeaseLost', yourFence: 0 },
      'paused, held without a lease': { type: 'LeaseLost', yourFence: 0 },
      cancelling: { type: 'LeaseLost', yourFence: 0 },
      completed: { type: 'LeaseLost', yourFence: 0 },
      failed: { type: 'LeaseLost', yourFence: 0 },
      'failed under its owner': { type: 'LeaseLost', yourFence: 0 },
      'failed too often': { type: 'LeaseLost', yourFence: 0 },
      cancelled: { type: 'LeaseLost', yourFence: 0 },
      expired: { type: 'LeaseLost', yourFence: 0 },
    },
  ],
  cancel: [
    ask('cancelRun'),
    {
      queued: 'CANCELLED',
      running: 'CANCELLING',
      'running without a lease': 'CANCELLED',
      'awaiting approval': 'CANCELLING',
      paused: 'CANCELLING',
      'paused, nobody holding it': 'CANCELLED',
      'paused, held without a lease': 'CANCELLED',
      cancelling: 'unchanged',
      completed: 'unchanged',
      failed: 'CANCELLED',
      'failed under its owner': 'CANCELLING',
      'failed too often': 'CANCELLED',
      cancelled: 'unchanged',
      expired: 'unchanged',
    },
  ],
  'confirm the cancel': [
    ask('confirmCancel'),
    {
      queued: lost,
      running: notActive('RUNNING'),
      'running without a lease': notActive('RUNNING'),
      'awaiting approval': notActive('AWAITING_APPROVAL'),
      paused: notActive('PAUSED'),
      'paused, nobody holding it': lost,
      'paused, held without a lease': notActive('PAUSED'),
      cancelling: 'CANCELLED',
      completed: lost,
      failed: lost,
      'failed under its owner': notActive('FAILED'),
      'failed too often': lost,
      cancelled: lost,
      expired: lost,
    },
  ],
  delete: [
    ask('deleteRun'),
    {
      queued: notDeletable('QUEUED'),
      running: notDeletable('RUNNING'),
      'running without a lease': notDeletable('RUNNING'),
      'awaiting approval': notDeletable('AWAITING_APPROVAL'),
      paused: notDeletable('PAUSED'),
      'paused, nobody holding it': notDeletable('PAUSED'),
      'paused, held without a lease': notDeletable('PAUSED'),
      cancelling: notDeletable('CANCELLING'),
      completed: 'deleted',
      failed: 'deleted',
      'failed under its owner': notDeletable('FAILED'),
      'failed too often': 'deleted',
      cancelled: 'deleted',
      expired: 'deleted',
    },
  ],
  'start a phase': [
    ask('startPhase'),
    {
      queued: lost,
      running: 'RUNNING',
      'running without a lease': 'RUNNING',
      'awaiting approval': notActive('AWAITING_APPROVAL'),
      paused: notActive('PAUSED'),
      'paused, nobody holding it': lost,
      'paused, held without a lease': notActive('PAUSED'),
      cancelling: notActive('CANCELLING'),
      completed: lost,
      failed: lost,
      'failed under its owner': notActive('FAILED'),
      'failed too often': lost,
      cancelled: lost,
      expired: lost,
    },
  ],
}

describe.for(Object.entries(TABLE))('%s', ([, [command, row]]) => {
  test.for(Object.entries(row) as [SituationName, Expected][])(
    'of a run that is %s: %j',
    ([name, expected]) => {
      const story = SITUATIONS[name]()
      const before = story.run
      const { result, run } = story.decide(command)
      if (typeof expected === 'object') {
        expect(result).toMatchObject({ ok: false, problem: expected })
        expect(run).toBe(before)
      } else if (expected === 'deleted') {
        expect(result).toMatchObject({ ok: true, replayed: false, deleted: true })
      } else if (expected === 'unchanged') {
        expect(result).toMatchObject({ ok: true, replayed: false, changed: false })
        expect(run).toBe(before)
      } else {
        expect(result).toMatchObject({ ok: true, replayed: false, changed: true, deleted: false })
        expect(run.status).toBe(expected)
      }
    },
  )
})

describe.for(['failPhase', 'advancePhase', 'completeRound', 'startExecution'] as const)('%s', (type) => {
  test.for(Object.keys(SITUATIONS) as SituationName[])('is driving: of a run that is %s', (name) => {
    const story = SITUATIONS[name]()
    const { status, claim } = story.run
    const expected = claim === null ? 'LeaseLost' : 'RunNotActive'
    if (status !== 'RUNNING') expect(story.refuses(ask(type)).type).toBe(expected)
    else expect(story.wouldBe(ask(type))).not.toMatchObject({ refusal: { type: 'RunNotActive' } })
    expect(story.refuses(ask(type, { fence: 2 }))).toMatchObject({ type: 'LeaseLost', yourFence: 2 })
    expect(story.refuses(ask(type, { fence: null }))).toMatchObject({ type: 'LeaseLost', yourFence: 0 })
  })
})
