import { describe, expect, it } from 'vitest'
import {
  type Closed,
  EVENT_TYPES,
  type EventPayload,
  type EventType,
  type RunEvent,
} from '../../../src/lifecycle/run/events.ts'
import { summarizeEvent } from '../../../src/lifecycle/log/summaries.ts'

const closed: Closed = {
  executions: [],
  executionsEnd: 'CLOSED_BY_RUN',
  phases: [],
  skipped: [],
  sessions: [],
  approvals: [],
  messages: [],
}
const phase = { id: 'phs_1', phase: 'build', round: 2, attempt: 3 }

const approval = { id: 'apr_1', phaseId: 'phs_1' }
const file = { ...phase, phaseId: 'phs_1', path: 'build.json', sha256: 'a1', size: 2 }

/** One of every type, with what it says. */
const SAID: { readonly [T in EventType]: readonly [EventPayload<T>, string] } = {
  'run.created': [
    {
      project: 'default',
      workflow: { id: 'wfl_1', name: 'review', version: 2 },
      title: null,
      input: null,
      labels: [],
      concurrencyKey: null,
      parentId: null,
      depth: 0,
      continuesId: null,
      completedRound: 0,
    },
    'ann created the run of workflow review version 2.',
  ],
  'run.claimed': [
    { owner: 'w1', fence: 1, leaseSeconds: 30, expiresAt: null },
    'w1 claimed the run for 30 s at a time.',
  ],
  'run.released': [{ fence: 1, because: 'LEASE_EXPIRED', executions: [] }, 'The lease of the owner expired.'],
  'run.requeued': [
    { fence: 1, because: 'OWNER_LOST', executions: [] },
    'The owner was lost; the run waits for another.',
  ],
  'run.paused': [{ comment: 'lunch.' }, 'ann paused the run: lunch.'],
  'run.resumed': [
    { from: 'FAILED', to: 'QUEUED', comment: null, reason: null, error: null, settledAt: null },
    'ann resumed the run, which waits for an owner.',
  ],
  'run.completed': [{ output: null, closed }, 'ann completed the run.'],
  'run.failed': [
    { reason: 'PHASE_TIMEOUT', error: 'phase build took longer than 5 s', leaseEnds: false, closed },
    'The run failed, because a phase took too long: phase build took longer than 5 s.',
  ],
  'run.cancel_requested': [
    { reason: 'CANCELLED_BY_USER', comment: 'wrong\nbranch', cascade: true },
    'ann asked to cancel the run: wrong branch; its owner has been told to stop.',
  ],
  'run.cancelled': [
    { reason: 'CANCELLED_BY_USER', confirmed: true, comment: null, cascade: true, closed },
    'The run was cancelled, by request; its owner confirmed that its processes are gone.',
  ],
  'run.expired': [{ reason: 'STALE', closed }, 'The run expired, because nothing happened for too long.'],
  'round.opened': [{ round: 2, initialPhase: 'plan', phases: [] }, 'Round 2 opened at phase plan.'],
  'round.completed': [{ round: 2, summary: null }, 'ann completed round 2.'],
  'phase.started': [
    { ...phase, from: null, repair: true, because: 'typo' },
    'ann started attempt 3 of phase build as a repair: typo.',
  ],
  'phase.completed': [phase, 'Phase build was completed in attempt 3.'],
  'phase.failed': [
    {
      ...phase,
      error: { class: 'FATAL', code: 'RED', message: 'tests failed', hint: null },
      sessionId: null,
    },
    'Attempt 3 of phase build failed (RED): tests failed.',
  ],
  'execution.started': [
    { id: 'exe_1', phaseId: 'phs_1', phase: 'build', attempt: 3, command: 'make  all', pid: 7 },
    'ann launched make all for phase build.',
  ],
  'execution.finished': [
    { id: 'exe_1', exitCode: null, signal: 'SIGKILL', end: 'TIMED_OUT' },
    'A process was stopped for taking too long by SIGKILL.',
  ],
  'session.opened': [
    { id: 'ses_1', role: 'builder', adapter: 'process', fence: 1, handle: null },
    'ann opened a session for builder through process.',
  ],
  'session.adopted': [
    { id: 'ses_1', fence: 2, adapter: 'process', handle: null },
    'ann holds the session, through process.',
  ],
  'session.changed': [{ id: 'ses_1', from: 'BUSY', to: 'CRASHED', detail: null }, 'The agent is gone.'],
  'session.recovered': [
    { id: 'ses_1', recoveryAttempts: 2, detail: null },
    'The agent was recovered, 2 times by now.',
  ],
  'prompt.sending': [
    { sessionId: 'ses_1', ...phase, dedupKey: 'k', repair: true },
    'A repair prompt for phase build is being sent.',
  ],
  'prompt.sent': [
    { sessionId: 'ses_1', ...phase, dedupKey: 'k', repair: false, awaitsArtifact: true },
    'A prompt for phase build was sent.',
  ],
  'artifact.validated': [{ ...file, declared: true }, 'Phase build produced build.json, which is valid.'],
  'artifact.invalid': [
    { ...file, problems: [{ path: '/ok', message: 'must be boolean' }] },
    'Phase build produced build.json, which is not valid: must be boolean.',
  ],
  'approval.requested': [
    {
      ...approval,
      phase: 'build',
      attempt: 3,
      gate: 'plan',
      kind: 'REVIEW',
      question: 'Shall it be built?',
      payload: null,
      digest: 'd',
      artifactSha256: null,
      expiresAt: null,
      onExpiry: 'WAIT',
      approvers: [],
      allowSelfApproval: true,
      awaitsApproval: true,
    },
    'A person is asked at plan: “Shall it be built?”',
  ],
  'approval.decided': [
    {
      ...approval,
      decision: 'REJECT',
      digest: 'd',
      comment: 'too vague.',
      runStatus: 'RUNNING',
      disposed: [],
    },
    'ann rejected it: too vague.',
  ],
  'approval.expired': [
    { ...approval, onExpiry: 'REJECT', runStatus: 'QUEUED' },
    'Nobody answered in time; it counts as rejected.',
  ],
  'approval.withdrawn': [
    { id: 'apr_1', because: 'OWNER_LOST' },
    'The question is no longer asked: the owner was lost.',
  ],
  'message.sent': [
    { id: 'msg_1', text: 'hurry', mode: 'STEER' },
    'ann sent a message, to be read at once: hurry.',
  ],
  'message.acknowledged': [{ id: 'msg_1', receipt: 'CONSUMED' }, 'A message was read by the agent.'],
  'child.settled': [
    { runId: 'run_2', status: 'FAILED', reason: 'OWNER_LOST', epoch: 1 },
    'The child run_2 has failed.',
  ],
  'child.started': [{ runId: 'run_2', epoch: 1 }, 'ann started the child run_2.'],
  'child.detached': [{ runId: 'run_2', last: true }, 'ann detached the child run_2.'],
  'run.detached': [{ comment: 'alone' }, 'ann detached the run from its parent: alone.'],
}

const say = <T extends EventType>(type: T, payload: EventPayload<T>) =>
  summarizeEvent({ type, seq: 1, epoch: 1, at: 0, actor: 'ann', payload } as RunEvent)

describe('the summary of an event', () => {
  it('has no word of the API that is not one for people', () => {
    // RED is the code of an error, which its worker chose; SIGKILL is what the system calls it
    const words = Object.values(SAID).flatMap(
      ([, sentence]) => sentence.match(/\b[A-Z]{2,}(?:_[A-Z]+)*\b/g) ?? [],
    )
    expect(words.toSorted()).toEqual(['RED', 'SIGKILL'])
  })

  it.each(EVENT_TYPES)('is a sentence: %s', (type) => {
    const [payload, sentence] = SAID[type]
    expect(say(type, payload)).toBe(sentence)
  })

  it('of a release that puts off the next claim tells until when, and why', () => {
    const notBefore = '2026-01-01T12:00:00.000Z'
    const putOff = {
      fence: 1,
      because: 'RELEASED',
      executions: [],
      notBefore,
      waitsFor: 'the quota',
    } as const
    expect(say('run.requeued', { ...putOff, executions: [] })).toBe(
      `ann released the run, which waits until ${notBefore} for its next owner: the quota.`,
    )
  })

  it('is short and on one line, whatever was said, and never cuts a character in two', () => {
    const short = say('run.paused', { comment: '🧑'.repeat(500) })
    expect(short).toMatch(/^ann paused the run: (🧑)+…\.$/u)
    expect(short.length).toBeLessThan(150)
    expect(say('run.paused', { comment: ` a${'b'.repeat(500)}\n\tc` })).toMatch(
      /^ann paused the run: ab+…\.$/,
    )
    expect(say('run.paused', { comment: ' \n ' })).toBe('ann paused the run.')
  })
})
