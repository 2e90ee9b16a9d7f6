import { describe, expect, test } from 'vitest'
import {
  allowedCommands,
  directiveFor,
  isResumable,
  nextAction,
} from '../../../src/lifecycle/answers/derive.ts'
import { allowedPhases } from '../../../src/lifecycle/decide/phaseTransitions.ts'
import { BUILTIN_WORKFLOWS } from '../../../src/lifecycle/workflow/builtins.ts'
import type { NextAction, Role } from '../../../src/lifecycle/run/enums.ts'
import { GATED, ROUNDS, SOLO, TIMED } from '../../support/workflows.ts'
import { ask } from './asks.ts'
import { actorOf, Story } from './story.ts'

const held = (workflow = SOLO, leaseSeconds = 30) => {
  const story = new Story(workflow)
  story.does(ask('claimRun', { leaseSeconds }))
  return story
}
const next = (story: Story) => nextAction(story.run, story)

describe('what an agent should do next', () => {
  test.for([
    ['CLAIM', () => new Story()],
    ['START_PHASE', () => held()],
    ['COMPLETE', () => then(held(), ask('startPhase'))],
    ['START_PHASE', () => then(held(), ask('startPhase'), ask('failPhase'))],
    ['WORK', () => then(held(GATED), ask('startPhase', { phase: 'plan' }))],
    ['RESUME', () => then(held(), ask('pauseRun'))],
    ['WAIT', () => then(held(), ask('cancelRun'))],
    ['RESUME', () => then(held(), ask('failRun'))],
    ['WAIT', () => then(held(TIMED, 3600).passes(1800), ask('sweep'))],
    ['NONE', () => then(held(), ask('failRun')).become({ resumes: 10 })],
    ['NONE', () => then(new Story(), ask('cancelRun'))],
    ['DECIDE_APPROVAL', () => held().become({ status: 'AWAITING_APPROVAL' })],
  ] as const)('is %s', ([action, begin]) => {
    expect(next(begin())).toBe(action)
  })

  test.for([...BUILTIN_WORKFLOWS.filter(({ name }) => name !== 'delivery'), SOLO, ROUNDS])(
    'leads through the workflow $name to COMPLETED by itself',
    (workflow) => {
      const story = new Story(workflow)
      const taken: NextAction[] = []
      while (story.run.status !== 'COMPLETED') {
        const action = next(story)
        taken.push(action)
        if (taken.length > 100) throw new Error(`goes in circles: ${taken.join(' ')}`)
        follow(story, action)
      }
      expect(next(story)).toBe('NONE')
    },
  )
})

function follow(story: Story, action: NextAction): void {
  const { currentPhase, roundComplete } = story.run
  switch (action) {
    case 'CLAIM':
      story.does(ask('claimRun', { leaseSeconds: 0 }))
      return
    case 'START_PHASE':
      story.does(ask('startPhase', { phase: currentPhase }))
      return
    case 'COMPLETE':
      story.does(ask('completeRun'))
      return
    case 'COMPLETE_ROUND':
      story.does(ask('completeRound'))
      return
    case 'WORK':
      // the work is done: what follows is the way on, or the round
      if (currentPhase === story.workflow.completeRoundAt && !roundComplete) story.does(ask('completeRound'))
      else advance(story)
      return
    case 'ADVANCE':
      advance(story)
      return
    default:
      throw new Error(`${action} leads nowhere`)
  }
}

function advance(story: Story): void {
  const { currentPhase, roundComplete } = story.run
  const ways = allowedPhases(story.run, story.workflow)
  const to = ways.find(
    (key) => key !== currentPhase && !(roundComplete && key === story.workflow.initialPhase),
  )
  story.does(ask('advancePhase', { to: to ?? '' }))
}

const DRAFT = {
  path: 'd.md',
  required: true,
  mediaType: 'text/markdown',
  schema: null,
  notEmpty: true,
  maxBytes: null,
  pattern: null,
}

describe('the commands allowed', () => {
  const allowed = (story: Story, role: Role, name = 'vera') =>
    allowedCommands(story.run, story, actorOf(name, role))

  test('to each role are those of its role', () => {
    const story = then(held(), ask('startPhase'))
    expect(allowed(story, 'VIEWER')).toEqual([])
    expect(allowed(story, 'OPERATOR')).toEqual(['PAUSE', 'CANCEL', 'SEND_MESSAGE'])
    const agent = ['COMPLETE', 'FAIL', 'START_PHASE', 'FAIL_PHASE', 'SUBMIT_ARTIFACT', 'REQUEST_APPROVAL']
    expect(allowed(story, 'AGENT')).toEqual(agent)
    expect(allowed(story, 'WORKER')).toEqual(['RELEASE', ...agent])
  })

  test('offer a decision to those who may decide', () => {
    const story = held()
    story.does(ask('requestApproval', { isSelfApprovalAllowed: false }), { actor: 'wanda' })
    expect(
      ['olga', 'wanda', 'oscar'].map((name) => allowed(story, 'OPERATOR', name).includes('DECIDE_APPROVAL')),
    ).toEqual([false, false, true])
  })

  test('do not offer to complete a round whose evidence is missing', () => {
    const phases = ROUNDS.phases.map((phase) =>
      phase.key === 'draft' ? { ...phase, artifact: DRAFT } : phase,
    )
    const story = held({ ...ROUNDS, phases, completeRoundAt: 'draft' })
    story.does(ask('startPhase', { phase: 'draft' }))
    expect(allowed(story, 'ADMIN')).not.toContain('COMPLETE_ROUND')
    const free = held({ ...ROUNDS, completeRoundAt: 'draft' })
    free.does(ask('startPhase', { phase: 'draft' }))
    expect(allowed(free, 'ADMIN')).toContain('COMPLETE_ROUND')
  })

  test('offer a resume exactly where it would be accepted', () => {
    const failed = then(held(), ask('failRun'))
    expect(isResumable(failed.run, failed)).toBe(true)
    failed.become({ resumes: failed.settings.maxResumes })
    expect(isResumable(failed.run, failed)).toBe(false)
    const owned = then(held(TIMED, 3600).passes(1800), ask('sweep'))
    expect(isResumable(owned.run, owned)).toBe(false)
    owned.passes(1800)
    expect(isResumable(owned.run, owned)).toBe(true)
  })
})

describe('what the holder of a fence is told', () => {
  const told = ({ run, now }: Story, fence = 1) => directiveFor(run, fence, now)
  test.for([
    ['CONTINUE', () => held()],
    ['PAUSE', () => then(held(), ask('pauseRun'))],
    ['PAUSE', () => held().become({ status: 'AWAITING_APPROVAL' })],
    ['CANCEL', () => then(held(), ask('cancelRun'))],
    ['STOP', () => then(held(TIMED, 3600).passes(1800), ask('sweep'))],
    ['STOP', () => then(held(), ask('startPhase'), ask('completeRun'))],
    ['STOP', () => then(held(), ask('failRun'))],
    ['LEASE_LOST', () => then(held(), ask('releaseRun'))],
    ['LEASE_LOST', () => held().passes(30)],
    ['LEASE_LOST', () => then(held(), ask('releaseRun'), ask('claimRun', { owner: 'second' }))],
    ['LEASE_LOST', () => then(held(), ask('failRun'), ask('resumeRun'))],
  ] as const)('is %s', ([directive, begin]) => {
    expect(told(begin())).toBe(directive)
  })
  test('is LEASE_LOST under a fence that was never given', () => {
    expect(told(held(), 2)).toBe('LEASE_LOST')
    expect(told(then(held(), ask('failRun')), 2)).toBe('LEASE_LOST')
  })
})

function then(story: Story, ...commands: Parameters<Story['does']>[0][]): Story {
  for (const command of commands) story.does(command)
  return story
}
