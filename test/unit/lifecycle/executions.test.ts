import { describe, expect, test } from 'vitest'
import { mayFinish } from '../../../src/lifecycle/decide/executions.ts'
import { outcomeOfExecution, outcomeOfRun } from '../../../src/lifecycle/run/outcome.ts'
import type { Attempt, Execution } from '../../../src/lifecycle/run/run.ts'
import {
  EXECUTION_ENDS,
  type PhaseStatus,
  type Role,
  RUN_REASONS,
  RUN_STATUSES,
} from '../../../src/lifecycle/run/enums.ts'
import { ROUNDS, SOLO } from '../../support/workflows.ts'
import { ask } from './asks.ts'
import { Story } from './story.ts'

const held = (workflow = SOLO) => {
  const story = new Story(workflow)
  story.does(ask('claimRun'))
  return story
}
const launched = (phase: string | null = null) => {
  const story = held()
  if (phase) story.does(ask('startPhase', { phase }))
  story.does(ask('startExecution', { phase }))
  return story
}
const first = (story: Story) => story.run.executions[0] as Execution

describe('an execution', () => {
  test('is started for the run, or for the phase it stands at and its attempt', () => {
    expect(first(launched())).toMatchObject({ phaseId: null, attempt: null, epoch: 1, end: null, pid: 7 })
    const story = launched('work')
    expect(first(story)).toMatchObject({ phaseId: story.run.phases[0]?.id, attempt: 1, startedBy: 'olga' })
  })

  test('is not started for another phase, nor for none of the workflow', () => {
    const story = held(ROUNDS)
    expect(story.refuses(ask('startExecution', { phase: 'check' }))).toMatchObject({
      type: 'InvalidInput',
      issues: [{ path: ['phase'] }],
    })
    expect(story.refuses(ask('startExecution', { phase: 'nowhere' })).type).toBe('UnknownPhase')
  })

  test('is finished once', () => {
    const story = launched()
    expect(story.does(ask('finishExecution', { exitCode: 3 }))).toEqual(['execution.finished'])
    expect(first(story)).toMatchObject({ end: 'EXITED', exitCode: 3, late: false, endedAt: story.now })
    const again = { type: 'ExecutionAlreadyFinished', executionId: 'exe_1' }
    expect(story.refuses(ask('finishExecution'))).toEqual(again)
    expect(story.refuses(ask('finishExecution', { executionId: 'exe_9' })).type).toBe('NotFound')
  })

  test('needs no fence to be finished: what a process did is a fact', () => {
    const story = launched()
    story.does(ask('releaseRun'))
    expect(first(story).end).toBe('SUPERVISOR_LOST')
    expect(story.does(ask('finishExecution', { exitCode: 0 }))).toEqual(['execution.finished'])
    expect(first(story)).toMatchObject({ end: 'EXITED', exitCode: 0 })
    expect(story.refuses(ask('finishExecution')).type).toBe('ExecutionAlreadyFinished')
  })

  test.for([
    ['completing', 'CLOSED_BY_RUN', [ask('startPhase'), ask('completeRun')]],
    ['failing', 'CLOSED_BY_RUN', [ask('failRun')]],
    ['a confirmed cancel', 'CLOSED_BY_RUN', [ask('cancelRun'), ask('confirmCancel')]],
    ['a release', 'SUPERVISOR_LOST', [ask('releaseRun')]],
    ['a release of a cancelled run', 'SUPERVISOR_LOST', [ask('cancelRun'), ask('releaseRun')]],
  ] as const)('in flight is ended by %s: %s', ([, end, commands]) => {
    const story = launched()
    for (const command of commands) story.does(command)
    expect(first(story)).toMatchObject({ end, endedAt: story.now })
  })

  test('that ended by itself is left alone by the end of the run', () => {
    const story = launched()
    story.does(ask('finishExecution', { exitCode: 1, end: 'TIMED_OUT' }))
    story.does(ask('failRun'))
    expect(first(story)).toMatchObject({ end: 'TIMED_OUT', exitCode: 1 })
  })

  test('may be told of once after the run has settled, without a line in the log', () => {
    const story = launched()
    story.does(ask('failRun'))
    const { revision } = story.run
    story.passes(5)
    expect(story.does(ask('finishExecution', { exitCode: 0 }))).toEqual([])
    expect(story.run.revision).toBe(revision)
    expect(first(story)).toMatchObject({ end: 'EXITED', exitCode: 0, late: true })
    expect(story.refuses(ask('finishExecution', { exitCode: 1 })).type).toBe('ExecutionAlreadyFinished')
    story.does(ask('resumeRun'))
    expect(story.refuses(ask('finishExecution', { exitCode: 1 })).type).toBe('ExecutionAlreadyFinished')
  })

  test('of an earlier epoch may be told of once the run continues, and then it is logged', () => {
    const story = launched()
    story.does(ask('failRun'))
    story.does(ask('resumeRun'))
    expect(story.does(ask('finishExecution', { exitCode: 0 }))).toEqual(['execution.finished'])
    expect(first(story)).toMatchObject({ end: 'EXITED', late: false, epoch: 1 })
  })
})

describe('the outcome of an execution', () => {
  const base: Execution = {
    ...first(launched('work')),
    end: 'EXITED',
    exitCode: 0,
    signal: null,
    attempt: 2,
    epoch: 2,
    endedAt: 1,
  }
  const forRun = { ...base, phaseId: null, attempt: null }
  const run = (status: (typeof RUN_STATUSES)[number], epoch = 2) => ({ status, epoch })
  const attempts = (...given: [number, number, PhaseStatus][]): Attempt[] =>
    given.map(([attempt, epoch, status]) => ({ attempt, epoch, status }))
  const outcome = (execution: Execution, of: ReturnType<typeof run> | null, tried: Attempt[] = []) =>
    outcomeOfExecution(execution, { run: of, attempts: tried })

  test('is null while it is in flight', () => {
    expect(outcome({ ...base, end: null, exitCode: null }, run('RUNNING'))).toBeNull()
  })

  test.for(EXECUTION_ENDS.filter((end) => end !== 'EXITED' && end !== 'CLOSED_BY_RUN'))(
    'of one that ended %s depends on nothing else',
    (end) => {
      const expected = end === 'CANCELLED' ? 'CANCELLED' : 'FAILED'
      for (const status of RUN_STATUSES)
        expect(outcome({ ...base, end }, run(status), attempts([2, 2, 'COMPLETED']))).toBe(expected)
    },
  )

  test.for(RUN_STATUSES)('closed by a run that is %s is that of the run', (status) => {
    const expected = status === 'COMPLETED' ? 'SUCCESS' : status === 'FAILED' ? 'FAILED' : 'CANCELLED'
    expect(outcome({ ...base, end: 'CLOSED_BY_RUN', exitCode: null }, run(status))).toBe(expected)
    expect(outcome({ ...base, end: 'CLOSED_BY_RUN', exitCode: null }, run(status, 3))).toBe('FAILED')
  })

  test('is FAILED for a signal or an exit code that is not 0, whatever the run came to (G3)', () => {
    for (const failed of [
      { exitCode: 1 },
      { exitCode: null, signal: 'SIGKILL' },
      { exitCode: 0, signal: 'SIGTERM' },
    ])
      expect(outcome({ ...base, ...failed }, run('COMPLETED'), attempts([2, 2, 'COMPLETED']))).toBe('FAILED')
  })

  test.for([
    ['COMPLETED in that attempt', attempts([2, 2, 'COMPLETED']), 'SUCCESS'],
    ['awaiting an approval in that attempt', attempts([2, 2, 'AWAITING_APPROVAL']), 'SUCCESS'],
    ['COMPLETED in a later one', attempts([2, 2, 'FAILED'], [3, 2, 'COMPLETED']), 'SUCCESS'],
    ['COMPLETED in an earlier one only', attempts([1, 2, 'COMPLETED'], [2, 2, 'RUNNING']), 'INCOMPLETE'],
    ['COMPLETED in another epoch only', attempts([2, 2, 'CANCELLED'], [3, 3, 'COMPLETED']), 'INCOMPLETE'],
    ['still RUNNING', attempts([2, 2, 'RUNNING']), 'INCOMPLETE'],
    ['FAILED', attempts([2, 2, 'FAILED']), 'INCOMPLETE'],
    ['never started', [], 'INCOMPLETE'],
  ] as const)('of exit 0 for a phase that is %s', ([, tried, expected]) => {
    expect(outcome(base, run('RUNNING'), [...tried])).toBe(expected)
  })

  test.for(RUN_STATUSES)('of exit 0 for a run that is %s', (status) => {
    expect(outcome(forRun, run(status))).toBe(status === 'COMPLETED' ? 'SUCCESS' : 'INCOMPLETE')
    expect(outcome(forRun, run(status, 3))).toBe('INCOMPLETE')
  })

  test('of exit 0 that belongs to no run is SUCCESS', () => {
    expect(outcome({ ...forRun, runId: null, epoch: null }, null)).toBe('SUCCESS')
  })
})

describe('the outcome of a run', () => {
  test('follows from its status and reason alone', () => {
    const expected = {
      QUEUED: null,
      RUNNING: null,
      AWAITING_APPROVAL: null,
      PAUSED: null,
      CANCELLING: null,
      COMPLETED: 'SUCCESS',
      CANCELLED: 'CANCELLED',
      EXPIRED: 'INCOMPLETE',
    } as const
    for (const [status, outcome] of Object.entries(expected))
      expect(outcomeOfRun({ status: status as keyof typeof expected, reason: null })).toBe(outcome)
    for (const reason of RUN_REASONS)
      expect(outcomeOfRun({ status: 'FAILED', reason })).toBe(
        reason === 'INCOMPLETE' ? 'INCOMPLETE' : 'FAILED',
      )
  })
})

test('the end of what was started before its claim was kept is told by anyone who drives', () => {
  const story = new Story()
  story.does(ask('claimRun'))
  story.does(ask('startExecution'))
  const [started] = story.run.executions
  if (!started) throw new Error('nothing was started')
  expect(started.fence).toBe(1)
  const may = (fence: number | null, of: number | null, role: Role) =>
    mayFinish({ ...started, fence: of }, fence, role)
  expect([may(1, 1, 'WORKER'), may(2, 1, 'WORKER'), may(null, 1, 'AGENT')]).toEqual([true, false, false])
  expect([may(null, 1, 'OPERATOR'), may(2, 1, 'ADMIN'), may(2, null, 'WORKER')]).toEqual([true, true, true])
})
