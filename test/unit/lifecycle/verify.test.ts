import { describe, expect, test } from 'vitest'
import { parseEvent, type RunEvent } from '../../../src/lifecycle/run/events.ts'
import type { Run } from '../../../src/lifecycle/run/run.ts'
import { verifyLog } from '../../../src/lifecycle/log/verify.ts'
import { ROUNDS } from '../../support/workflows.ts'
import { ask } from './asks.ts'
import { Story } from './story.ts'

/** A run with something of everything: phases, a failed epoch, executions that ended by themselves, by the run, late. */
function eventful(): Story {
  const story = new Story(ROUNDS)
  story.does(ask('claimRun'))
  story.does(ask('startPhase', { phase: 'draft' }))
  story.does(ask('startExecution', { phase: 'draft' }))
  story.passes(1).does(ask('finishExecution', { exitCode: 1 }))
  story.does(ask('startExecution', { executionId: 'exe_2' }))
  story.does(ask('failRun'))
  story.does(ask('finishExecution', { executionId: 'exe_2' }))
  story.does(ask('resumeRun', { comment: 'again', claim: { owner: 'second', leaseSeconds: 30 } }))
  story.does(ask('startPhase', { phase: 'draft', fence: 2 }))
  story.does(ask('advancePhase', { to: 'check', fence: 2 }))
  story.does(ask('startExecution', { executionId: 'exe_3', fence: 2 }))
  return story
}

const check = (run: Run, events: readonly RunEvent[]) => verifyLog(run, events, ROUNDS)

describe('verifying a run', () => {
  test('finds nothing where it is what its log says, and tells how many events it read', () => {
    const { run, events } = eventful()
    expect(check(run, events)).toEqual({ consistent: true, differences: [], eventsChecked: events.length })
  })

  test('leaves apart what is no part of the log: when the lease expires, and when something last happened', () => {
    const { run, events } = eventful()
    const claim = run.claim && { ...run.claim, expiresAt: 1 }
    expect(check({ ...run, claim, lastActivityAt: 1 }, events).consistent).toBe(true)
  })

  test('leaves apart a claim that ended after settling, and a fact told then', () => {
    const story = eventful()
    story.does(ask('cancelRun'))
    story.passes(31).does(ask('sweep'))
    expect(story.run.claim).toBeNull()
    story.does(ask('finishExecution', { executionId: 'exe_3', exitCode: 9 }))
    expect(check(story.run, story.events).consistent).toBe(true)
  })

  const TAMPERED: Record<string, (run: Run) => Partial<Run>> = {
    status: () => ({ status: 'PAUSED' }),
    reason: () => ({ reason: 'STALE' }),
    title: () => ({ title: 'another' }),
    input: () => ({ input: { task: 'another' } }),
    output: () => ({ output: 1 }),
    labels: () => ({ labels: ['another'] }),
    project: () => ({ project: 'another' }),
    epoch: () => ({ epoch: 1 }),
    revision: ({ revision }) => ({ revision: revision + 1 }),
    'revision, lowered': ({ revision }) => ({ revision: revision - 1 }),
    fence: () => ({ fence: 9 }),
    owner: ({ claim }) => ({ claim: claim && { ...claim, owner: 'thief' } }),
    'period of the lease': ({ claim }) => ({ claim: claim && { ...claim, seconds: 3600 } }),
    'claim, taken away': () => ({ claim: null }),
    round: () => ({ round: 2 }),
    'completed round': () => ({ completedRound: 7 }),
    'current phase': () => ({ currentPhase: 'done' }),
    resumes: () => ({ resumes: 0 }),
    takeovers: () => ({ takeovers: 1 }),
    'begin of the epoch': () => ({ epochAt: 1 }),
    'begin of the status': () => ({ statusAt: 1 }),
    'settled time': () => ({ settledAt: 1 }),
    creator: () => ({ createdBy: 'mallory' }),
    'status of a phase': ({ phases }) => ({
      phases: phases.map((phase) => ({ ...phase, status: 'COMPLETED' })),
    }),
    'attempts of a phase': ({ phases }) => ({ phases: phases.map((phase) => ({ ...phase, history: [] })) }),
    'phases, one gone': ({ phases }) => ({ phases: phases.slice(1) }),
    'error of a phase': ({ phases }) => ({
      phases: phases.map((phase) => ({
        ...phase,
        error: { class: 'FATAL', code: 'X', message: 'm', hint: null },
      })),
    }),
    'exit code': ({ executions }) => ({ executions: executions.map((each) => ({ ...each, exitCode: 0 })) }),
    'executions, one gone': ({ executions }) => ({ executions: executions.slice(0, 2) }),
    'executions, one more': ({ executions }) => ({
      executions: executions.flatMap((each) => [each, { ...each, id: `${each.id}_2` }]),
    }),
    'end of an execution': ({ executions }) => ({
      executions: executions.map((each) => ({ ...each, end: 'CANCELLED', endedAt: 1 })),
    }),
  }
  test.for(Object.keys(TAMPERED))('detects a changed %s (G6)', (what) => {
    const { run, events } = eventful()
    const { consistent, differences } = check({ ...run, ...TAMPERED[what]?.(run) }, events)
    expect(consistent).toBe(false)
    expect(differences.every(({ guarantee }) => guarantee === 'G6')).toBe(true)
  })

  test.for([
    ['one missing at the end', (log: RunEvent[]) => log.slice(0, -1)],
    ['one missing within', (log: RunEvent[]) => log.filter(({ seq }) => seq !== 5)],
    ['the first one missing', (log: RunEvent[]) => log.slice(1)],
    ['one doubled', (log: RunEvent[]) => [...log, log.at(-1) as RunEvent]],
    [
      'two changed places',
      (log: RunEvent[]) => log.map((each, at) => (at === 4 ? log[5] : at === 5 ? log[4] : each) as RunEvent),
    ],
    ['none at all', () => []],
    [
      'another actor in the first',
      (log: RunEvent[]) => log.map((each) => (each.seq === 1 ? { ...each, actor: 'm' } : each)),
    ],
    [
      'another principal in the first',
      (log: RunEvent[]) => log.map((each) => (each.seq === 1 ? { ...each, actorId: 'prn_m' } : each)),
    ],
    ['another time', (log: RunEvent[]) => log.map((each) => (each.seq === 3 ? { ...each, at: 1 } : each))],
  ] as const)('detects a log with %s (G6)', ([, tamper]) => {
    const { run, events } = eventful()
    expect(check(run, tamper(events)).consistent).toBe(false)
  })

  test('detects that something follows a final status (G2)', () => {
    const story = eventful()
    story.does(ask('cancelRun'))
    story.does(ask('confirmCancel', { fence: 2 }))
    const { run, events } = story
    const late: RunEvent = {
      type: 'run.paused',
      seq: run.revision + 1,
      epoch: 3,
      at: 1,
      actor: 'm',
      actorId: null,
      payload: { comment: null },
    }
    const { differences } = check({ ...run, revision: run.revision + 1 }, [...events, late])
    expect(differences).toMatchObject([{ guarantee: 'G2', detail: expect.stringContaining('final') }])
  })

  test('detects that something follows a settled status within its epoch, or skips one (G2)', () => {
    const story = new Story(ROUNDS)
    story.does(ask('claimRun'))
    story.does(ask('failRun'))
    const { run, events } = story
    for (const epoch of [1, 3]) {
      const late: RunEvent = {
        type: 'run.paused',
        seq: run.revision + 1,
        epoch,
        at: 1,
        actor: 'm',
        actorId: null,
        payload: { comment: null },
      }
      expect(
        check({ ...run, revision: run.revision + 1, epoch }, [...events, late]).differences[0]?.guarantee,
      ).toBe('G2')
    }
  })

  test('detects an epoch that begins without a settled status before it (G2)', () => {
    const { run, events } = eventful()
    const forged = events.map((each) => (each.seq === 4 ? { ...each, epoch: 2 } : each))
    expect(check(run, forged).differences[0]).toMatchObject({ guarantee: 'G2' })
  })
})

describe('an event as it was stored', () => {
  const stored = { seq: 1, epoch: 1, at: 1, actor: 'olga', actorId: null }
  test('is read where it has the shape of its type', () => {
    const payload = { comment: 'so' }
    expect(parseEvent({ ...stored, type: 'run.paused', payload })).toEqual({
      ...stored,
      type: 'run.paused',
      payload,
    })
  })
  test.for([
    ['of an unknown type', { ...stored, type: 'run.vanished', payload: {} }],
    ['with a field missing', { ...stored, type: 'run.paused', payload: {} }],
    ['with a field too many', { ...stored, type: 'run.paused', payload: { comment: null, more: 1 } }],
    ['with a reason that is none', { ...stored, type: 'run.expired', payload: { reason: 'BORED' } }],
  ] as const)('is a fault %s: something else wrote the log', ([, event]) => {
    expect(() => parseEvent(event)).toThrow(`event 1`)
  })
})
