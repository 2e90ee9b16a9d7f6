import { describe, expect, test } from 'vitest'
import { allowedCommands, missing, nextAction } from '../../../src/lifecycle/answers/derive.ts'
import { type Ancestor, type Child, closingAncestor, NO_FAMILY } from '../../../src/lifecycle/run/family.ts'
import type { RunStatus } from '../../../src/lifecycle/run/enums.ts'
import { SOLO } from '../../support/workflows.ts'
import { ask } from './asks.ts'
import { Story } from './story.ts'

const above = (status: RunStatus, rest: Partial<Ancestor> = {}): Ancestor => ({
  id: 'run_0',
  status,
  cascade: true,
  attached: true,
  ...rest,
})
const child = (rest: Partial<Child> = {}): Child => ({
  id: 'run_2',
  status: 'RUNNING',
  detached: false,
  ...rest,
})

/** A child of a parent in this status. */
function below(...ancestors: Ancestor[]): Story {
  const story = new Story(SOLO)
  story.become({ parentId: 'run_0', depth: ancestors.length })
  story.family = { ancestors, children: [] }
  return story
}

/** A run that is done but for its end, with these children. */
function parentOf(...children: Child[]): Story {
  const story = new Story(SOLO)
  story.does(ask('claimRun'))
  story.does(ask('startPhase'))
  story.family = { ancestors: [], children }
  return story
}

describe('what is above a run', () => {
  test('takes it along from the accepted cancel on, however far the cancels in between have come', () => {
    const near = above('RUNNING')
    expect(closingAncestor({ ...NO_FAMILY, ancestors: [near, above('CANCELLING')] })).not.toBeNull()
    for (const status of ['FAILED', 'CANCELLED', 'EXPIRED'] as const)
      expect(closingAncestor({ ...NO_FAMILY, ancestors: [above(status)] })).toEqual(above(status))
  })

  test.each([
    ['active', [above('RUNNING')]],
    ['COMPLETED', [above('COMPLETED'), above('CANCELLED')]],
    ['told to leave its children alone', [above('CANCELLING', { cascade: false }), above('CANCELLED')]],
    ['one it is detached from', [above('RUNNING'), above('CANCELLED', { attached: false })]],
  ])('leaves it alone where it is %s', (_, ancestors) => {
    expect(closingAncestor({ ...NO_FAMILY, ancestors })).toBeNull()
  })

  test('has it cancelled before anything else is decided: it is not claimed, resumed or approved', () => {
    expect(below(above('CANCELLING')).refuses(ask('claimRun'))).toMatchObject({
      type: 'NotClaimable',
      status: 'CANCELLED',
    })
    const held = below(above('RUNNING'))
    held.does(ask('claimRun'))
    held.family = { ...NO_FAMILY, ancestors: [above('CANCELLED')] }
    expect(held.does(ask('sweep'))).toEqual(['run.cancel_requested'])
    expect(held.run).toMatchObject({ status: 'CANCELLING', cancelReason: 'CLOSED_BY_PARENT' })
    const paused = below(above('RUNNING'))
    paused.does(ask('pauseRun'))
    paused.family = { ...NO_FAMILY, ancestors: [above('FAILED')] }
    expect(paused.refuses(ask('resumeRun'))).toMatchObject({ because: 'FINAL' })
    expect(paused.run).toMatchObject({ status: 'CANCELLED', reason: 'CLOSED_BY_PARENT' })
  })

  test('keeps a failed child from being resumed, unless that is detached', () => {
    const failed = below(above('RUNNING'))
    failed.does(ask('claimRun'))
    failed.does(ask('failRun'))
    for (const status of ['CANCELLING', 'COMPLETED', 'CANCELLED'] as const) {
      failed.family = { ...NO_FAMILY, ancestors: [above(status, { cascade: false })] }
      expect(failed.refuses(ask('resumeRun'))).toMatchObject({ because: 'PARENT' })
      expect(nextAction(failed.run, failed)).toBe('NONE')
    }
    failed.become({ detached: true })
    expect(failed.does(ask('resumeRun'))).toEqual(['run.resumed'])
  })
})

describe('an active child', () => {
  test('that is attached stands between its parent and COMPLETED; one that is detached does not', () => {
    const story = parentOf(child(), child({ id: 'run_3', detached: true }))
    expect(missing(story.run, story)).toEqual([
      { kind: 'CHILD', phase: null, detail: 'its child run_2 is RUNNING' },
    ])
    expect(nextAction(story.run, story)).toBe('WAIT')
    expect(story.refuses(ask('completeRun'))).toMatchObject({
      type: 'NotCompletable',
      missing: [{ kind: 'CHILD' }],
    })
    story.family = { ...NO_FAMILY, children: [child({ detached: true })] }
    expect(story.does(ask('completeRun'))).toContain('run.completed')
  })

  test('keeps a parent that was released to wait for it from being claimed, until it has ended', () => {
    const story = parentOf(child())
    story.does(ask('releaseRun', { isWaitingForChildren: true }))
    expect(story.run).toMatchObject({ status: 'QUEUED', awaitsChildren: true })
    expect(nextAction(story.run, story)).toBe('WAIT')
    expect(allowedCommands(story.run, story, { id: 'prn_1', name: 'olga', role: 'ADMIN' })).not.toContain(
      'CLAIM',
    )
    expect(story.refuses(ask('claimRun'))).toMatchObject({
      type: 'NotClaimable',
      status: 'QUEUED',
      holder: null,
      children: ['run_2'],
    })
    story.passes(500).family = NO_FAMILY
    story.does(ask('noteChild'))
    expect(story.run).toMatchObject({ awaitsChildren: false, queuedFrom: story.now })
    story.does(ask('claimRun'))
  })

  test('that is detached in the end is waited for no longer', () => {
    const story = parentOf(child())
    story.does(ask('releaseRun', { isWaitingForChildren: true }))
    story.does(ask('noteChildDetached'))
    expect(story.run.awaitsChildren).toBe(false)
  })

  test('is not waited for where there is none by then, or nobody asked', () => {
    for (const story of [parentOf(), parentOf(child())]) {
      const untilChildren = story.family.children.length === 0
      story.does(ask('releaseRun', { isWaitingForChildren: untilChildren }))
      expect(story.run).toMatchObject({ status: 'QUEUED', awaitsChildren: false })
    }
  })

  test('lets a person take the parent up all the same, through a pause', () => {
    const story = parentOf(child())
    story.does(ask('releaseRun', { isWaitingForChildren: true }))
    story.does(ask('pauseRun'))
    expect(story.run).toMatchObject({ status: 'PAUSED', awaitsChildren: true })
    story.does(ask('resumeRun'))
    story.does(ask('claimRun'))
  })

  test('does not let the time in the queue of its parent run', () => {
    const story = new Story({ ...SOLO, timeouts: { ...SOLO.timeouts, queueSeconds: 100 } })
    story.does(ask('claimRun'))
    story.does(ask('startPhase'))
    story.family = { ...NO_FAMILY, children: [child()] }
    story.does(ask('releaseRun', { isWaitingForChildren: true }))
    expect(story.passes(5000).does(ask('sweep'))).toEqual([])
    story.family = NO_FAMILY
    story.does(ask('noteChild'))
    expect(story.passes(99).does(ask('sweep'))).toEqual([])
    expect(story.passes(1).does(ask('sweep'))).toEqual(['run.failed'])
  })

  test('is noted on a parent below which anything may start, and on no other', () => {
    const story = parentOf()
    expect(story.does(ask('noteChildStarted'))).toEqual(['child.started'])
    story.does(ask('cancelRun'))
    expect(story.refuses(ask('noteChildStarted'))).toMatchObject({
      type: 'RunNotActive',
      status: 'CANCELLING',
    })
  })
})

describe('detaching', () => {
  test('is for a child that is active, and done once', () => {
    expect(new Story(SOLO).refuses(ask('detachRun'))).toMatchObject({ type: 'InvalidInput' })
    const story = below(above('RUNNING'))
    expect(allowedCommands(story.run, story, { id: 'prn_1', name: 'olga', role: 'OPERATOR' })).toContain(
      'DETACH',
    )
    expect(story.does(ask('detachRun'))).toEqual(['run.detached'])
    expect(story.does(ask('detachRun'))).toEqual([])
    expect(allowedCommands(story.run, story, { id: 'prn_1', name: 'olga', role: 'OPERATOR' })).not.toContain(
      'DETACH',
    )
    story.family = { ...NO_FAMILY, ancestors: [above('CANCELLED', { attached: false })] }
    story.does(ask('claimRun'))
    const over = below(above('RUNNING'))
    over.does(ask('cancelRun'))
    expect(over.refuses(ask('detachRun'))).toMatchObject({ type: 'RunNotActive', status: 'CANCELLED' })
  })
})
