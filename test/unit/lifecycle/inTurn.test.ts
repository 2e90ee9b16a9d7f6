import { describe, expect, test } from 'vitest'
import { allowedCommands, directiveFor, nextAction } from '../../../src/lifecycle/answers/derive.ts'
import { decisionsOf } from '../../../src/lifecycle/activity/approvals.ts'
import { type AnswerSchema, answerSchemaSchema, checkAnswer } from '../../../src/lifecycle/run/questions.ts'
import { openApproval, type Approval } from '../../../src/lifecycle/run/run.ts'
import { define, GATED, SOLO } from '../../support/workflows.ts'
import { ask } from './asks.ts'
import { actorOf, Story } from './story.ts'

const KINDS = ['PERMISSION', 'QUESTION'] as const
const npm = { kind: 'EXECUTE', program: 'npm', path: null } as const
const permission = { kind: 'PERMISSION', permission: npm, sessionId: 'ses_1' } as const
const question = { kind: 'QUESTION', question: 'Which colour?' } as const

const LIMITED = define({
  name: 'limited',
  initialPhase: 'work',
  phases: [{ key: 'work', final: true, timeoutSeconds: 100 }],
  timeouts: { idleSeconds: 50, runSeconds: 5000 },
  onOwnerLost: 'REQUEUE',
})

/** A run at work, with a session, whose owner knows the questions of a turn. */
function atWork(workflow = SOLO, leaseSeconds = 3600): Story {
  const story = new Story(workflow)
  story.does(ask('claimRun', { leaseSeconds, kinds: KINDS }))
  story.does(ask('startPhase', { phase: workflow.initialPhase }))
  story.does(ask('openSession'))
  return story
}

function openOf(story: Story): Approval {
  const open = openApproval(story.run)
  if (!open) throw new Error('nothing is asked')
  return open
}

function decision(story: Story, word: 'ALLOW' | 'ALLOW_ALWAYS' | 'DENY' | 'DECLINE') {
  const { id: approvalId, digest } = openOf(story)
  return ask('decideApproval', { approvalId, digest, decision: word })
}

describe('a question in the middle of a turn', () => {
  test('has the run wait while its owner stays at work, and continues under the same owner', () => {
    const story = atWork()
    expect(story.does(ask('requestApproval', permission))).toEqual(['approval.requested'])
    const { run } = story
    expect(run).toMatchObject({ status: 'AWAITING_APPROVAL', claim: { fence: 1 } })
    expect(directiveFor(run, 1, story.now)).toBe('WAIT')
    expect(nextAction(run, story)).toBe('DECIDE_APPROVAL')
    expect(openOf(story)).toMatchObject({ onExpiry: 'CONTINUE', expiresAt: story.now + 900_000 })
    expect(story.passes(30).does(decision(story, 'ALLOW'), { actor: 'ann', role: 'OPERATOR' })).toEqual([
      'approval.decided',
    ])
    expect(story.run).toMatchObject({ status: 'RUNNING', claim: { fence: 1 } })
    expect(story.run.approvals).toMatchObject([{ status: 'ALLOWED', decidedBy: 'ann' }])
  })

  test('admits the work of the owner and its agent, but neither completing nor advancing', () => {
    const story = atWork()
    story.does(ask('requestApproval', question))
    const offered = allowedCommands(story.run, story, actorOf('owner'))
    expect(offered).toEqual(
      expect.arrayContaining(['FAIL', 'FAIL_PHASE', 'SUBMIT_ARTIFACT', 'WITHDRAW_APPROVAL', 'RELEASE']),
    )
    expect(offered).not.toEqual(expect.arrayContaining(['COMPLETE']))
    expect(story.refuses(ask('completeRun'))).toMatchObject({ type: 'NotCompletable' })
    expect(story.refuses(ask('advancePhase'))).toMatchObject({ type: 'RunNotActive', directive: 'WAIT' })
    expect(story.refuses(ask('requestApproval', question))).toMatchObject({
      type: 'RunNotActive',
      directive: 'WAIT',
    })
    expect(story.refuses(ask('requestApproval'))).toMatchObject({ type: 'RunNotActive' })
    story.does(ask('updateSession', { status: 'CRASHED' }))
    story.does(ask('startExecution'))
    story.does(ask('updateSession', { status: 'RESUMING' }))
    expect(story.run.status).toBe('AWAITING_APPROVAL')
    expect(story.does(ask('failRun'))).toEqual(['run.failed'])
    expect(story.run.approvals).toMatchObject([{ status: 'VOID' }])
  })

  test('needs an owner with a lease that announced the kind', () => {
    const old = new Story(SOLO)
    old.does(ask('claimRun', { leaseSeconds: 3600 }))
    expect(old.refuses(ask('requestApproval', question))).toMatchObject({
      type: 'InvalidInput',
      issues: [{ path: ['kind'] }],
    })
    const bare = new Story(SOLO)
    bare.does(ask('claimRun', { leaseSeconds: 0, kinds: KINDS }))
    expect(bare.refuses(ask('requestApproval', question))).toMatchObject({ type: 'InvalidInput' })
    const half = new Story(SOLO)
    half.does(ask('claimRun', { leaseSeconds: 3600, kinds: ['QUESTION'] }))
    expect(half.refuses(ask('requestApproval', { ...permission, sessionId: null }))).toMatchObject({
      type: 'InvalidInput',
    })
    half.does(ask('requestApproval', question))
  })

  test.each([
    [{ kind: 'PERMISSION' }, 'permission'],
    [{ ...question, permission: npm }, 'permission'],
    [
      { ...permission, answerSchema: { type: 'object', properties: { a: { type: 'boolean' } } } },
      'answerSchema',
    ],
    [{ ...question, onExpiry: 'REJECT' }, 'onExpiry'],
    [{ permission: npm }, 'permission'],
    [{ sessionId: 'ses_1' }, 'sessionId'],
    [{ onExpiry: 'CONTINUE' }, 'onExpiry'],
  ] as const)('is refused where it is not whole: %j', (asked, field) => {
    expect(atWork().refuses(ask('requestApproval', asked))).toMatchObject({
      type: 'InvalidInput',
      issues: [{ path: [field] }],
    })
  })

  test('is refused for a session that the run does not have', () => {
    const asked = ask('requestApproval', { ...question, sessionId: 'ses_other' })
    expect(atWork().refuses(asked)).toMatchObject({ type: 'NotFound', kind: 'SESSION', id: 'ses_other' })
  })

  test('expires by an event of its own, after which nobody can decide it', () => {
    const story = atWork()
    story.does(ask('requestApproval', question))
    const late = decision(story, 'DECLINE')
    expect(story.passes(899).does(ask('sweep'))).toEqual([])
    const { result, events } = story.passes(1).decide(late, { actor: 'ann', role: 'OPERATOR' })
    expect(result).toMatchObject({ ok: false, problem: { type: 'ApprovalExpired' } })
    expect(events).toMatchObject([
      { type: 'approval.expired', payload: { onExpiry: 'CONTINUE', runStatus: 'RUNNING' } },
    ])
    expect(story.run).toMatchObject({ status: 'RUNNING', approvals: [{ status: 'EXPIRED' }] })
  })

  test('tells who lost by whom it was decided', () => {
    const story = atWork()
    story.does(ask('requestApproval', permission))
    const second = decision(story, 'ALLOW')
    story.does(decision(story, 'DENY'), { actor: 'ann', role: 'OPERATOR' })
    expect(story.refuses(second)).toMatchObject({ type: 'AlreadyDecided', status: 'DENIED', by: 'ann' })
    expect(
      story.refuses(ask('withdrawApproval', { approvalId: story.run.approvals[0]?.id ?? '' })),
    ).toMatchObject({ type: 'AlreadyDecided', status: 'DENIED', by: 'ann' })
  })

  test('lets idle and phase limits stand still, and the run limit go on', () => {
    const story = atWork(LIMITED)
    story.passes(40).does(ask('requestApproval', { ...question, expiresInSeconds: 3000 }))
    expect(story.passes(2500).does(ask('sweep'))).toEqual([])
    story.does(decision(story, 'DECLINE'))
    expect(story.passes(49).does(ask('updateSession'))).toEqual(['session.changed'])
    expect(story.passes(12).does(ask('sweep'))).toEqual(['run.failed'])
    expect(story.run.reason).toBe('PHASE_TIMEOUT')
    const long = atWork(LIMITED, 3600)
    long.does(ask('requestApproval', { ...question, expiresInSeconds: 9000 }))
    const claim = long.run.claim && { ...long.run.claim, expiresAt: long.now + 9_000_000 }
    expect(long.become({ claim }).passes(5000).does(ask('sweep'))).toEqual(['run.failed'])
    expect(long.run).toMatchObject({ reason: 'RUN_TIMEOUT', approvals: [{ status: 'VOID' }] })
  })

  test('does not give a phase that is started in the meantime more time than it has', () => {
    const story = atWork(LIMITED)
    story.does(ask('requestApproval', { ...question, expiresInSeconds: 1000 }))
    story.passes(500).does(ask('startPhase', { isRepair: true }))
    story.passes(10).does(decision(story, 'DECLINE'))
    expect(story.run.awayMs).toBe(10_000)
  })

  test('is VOID by a lapse, which then is that of a running run', () => {
    const story = atWork(LIMITED, 30)
    story.does(ask('requestApproval', question))
    expect(story.passes(31).does(ask('sweep'))).toEqual(['approval.withdrawn', 'run.requeued'])
    expect(story.run).toMatchObject({ status: 'QUEUED', takeovers: 1, approvals: [{ status: 'VOID' }] })
    const failing = atWork(SOLO, 30)
    failing.does(ask('requestApproval', question))
    expect(failing.passes(31).does(ask('sweep'))).toEqual(['approval.withdrawn', 'run.failed'])
    expect(failing.run.reason).toBe('OWNER_LOST')
    const resumed = atWork(LIMITED, 30)
    resumed.does(ask('requestApproval', question))
    expect(resumed.passes(31).does(ask('resumeRun'))).toEqual(['approval.withdrawn', 'run.requeued'])
  })

  test('is VOID by a release, a pause and a cancel, in the same decision', () => {
    const asked = atWork()
    asked.does(ask('requestApproval', question))
    const [released, paused, cancelled] = [asked.fork(), asked.fork(), asked.fork()]
    const late = decision(asked, 'DECLINE')
    expect(released.does(ask('releaseRun'))).toEqual(['approval.withdrawn', 'run.requeued'])
    expect(released.run.status).toBe('QUEUED')
    expect(paused.does(ask('pauseRun'))).toEqual(['approval.withdrawn', 'run.paused'])
    expect(directiveFor(paused.run, 1, paused.now)).toBe('PAUSE')
    expect(cancelled.does(ask('cancelRun'))).toEqual(['approval.withdrawn', 'run.cancel_requested'])
    for (const story of [released, paused, cancelled]) {
      expect(story.run.approvals).toMatchObject([{ status: 'VOID' }])
      expect(story.refuses(late)).toMatchObject({ type: 'RunNotActive' })
    }
    paused.does(ask('resumeRun'))
    expect(paused.run).toMatchObject({ status: 'RUNNING', claim: { fence: 1 } })
  })

  test('is withdrawn by its owner alone, once, and nothing else is', () => {
    const story = atWork()
    story.does(ask('requestApproval', question))
    const { id: approvalId } = openOf(story)
    expect(story.refuses(ask('withdrawApproval', { approvalId, fence: 0 }))).toMatchObject({
      type: 'LeaseLost',
    })
    expect(story.does(ask('withdrawApproval', { approvalId }))).toEqual(['approval.withdrawn'])
    expect(story.run.status).toBe('RUNNING')
    expect(story.wouldBe(ask('withdrawApproval', { approvalId }))).toMatchObject({ changed: false })
    story.does(ask('requestApproval'))
    const review = openOf(story).id
    expect(story.refuses(ask('withdrawApproval', { approvalId: review }))).toMatchObject({
      type: 'RunNotActive',
    })
    expect(story.refuses(ask('withdrawApproval', { approvalId: 'apr_none' }))).toMatchObject({
      type: 'NotFound',
    })
  })

  test('gives way to the approval that a file or a failed phase opens', () => {
    const story = atWork(GATED)
    story.does(ask('requestApproval', question))
    const failed = story.fork()
    const file = { phase: 'plan', path: 'plan.md' }
    expect(story.does(ask('submitArtifact', file))).toEqual([
      'artifact.validated',
      'approval.withdrawn',
      'approval.requested',
    ])
    expect(story.run.approvals).toMatchObject([{ status: 'VOID' }, { kind: 'REVIEW', status: 'PENDING' }])
    expect(directiveFor(story.run, 1, story.now)).toBe('PAUSE')
    const recovery = { gate: 'g', question: 'How?', payload: null, sessionId: null, expiresInSeconds: null }
    failed.does(ask('failPhase', { phase: 'plan', recovery }))
    expect(failed.run).toMatchObject({
      status: 'PAUSED',
      approvals: [{ status: 'VOID' }, { kind: 'RECOVERY' }],
    })
  })

  test('keeps since when the run had been queued', () => {
    const story = atWork()
    const { queuedFrom } = story.run
    story.passes(5).does(ask('requestApproval', question))
    story.passes(5).does(decision(story, 'DECLINE'))
    expect(story.run.queuedFrom).toBe(queuedFrom)
  })
})

describe('what is allowed always', () => {
  test('answers the same action of the same session at once, also under the next owner', () => {
    const story = atWork()
    story.does(ask('requestApproval', permission))
    story.does(decision(story, 'ALLOW_ALWAYS'))
    expect(story.does(ask('requestApproval', { ...permission, question: 'Another title' }))).toEqual([])
    story.does(ask('requestApproval', question))
    expect(story.does(ask('requestApproval', permission))).toEqual([])
    story.does(decision(story, 'DECLINE'))
    for (const other of [
      { ...npm, program: 'rm' },
      { ...npm, path: '/etc' },
      { ...npm, kind: 'OTHER' as const },
    ]) {
      expect(story.does(ask('requestApproval', { ...permission, permission: other }))).toEqual([
        'approval.requested',
      ])
      story.does(decision(story, 'DENY'))
    }
    story.does(ask('releaseRun'))
    story.does(ask('claimRun', { leaseSeconds: 3600, kinds: KINDS }))
    expect(story.does(ask('requestApproval', { ...permission, fence: 2 }))).toEqual([])
    story.does(ask('updateSession', { status: 'DISPOSED', fence: 2 }))
    story.does(ask('openSession', { sessionId: 'ses_2', fence: 2 }))
    expect(story.does(ask('requestApproval', { ...permission, sessionId: 'ses_2', fence: 2 }))).toEqual([
      'approval.requested',
    ])
  })

  test('is no answer without a session, or to an action that names neither program nor path', () => {
    const story = atWork()
    story.does(ask('requestApproval', { ...permission, sessionId: null }))
    expect(decisionsOf(openOf(story))).toEqual(['ALLOW', 'DENY'])
    expect(story.refuses(decision(story, 'ALLOW_ALWAYS'))).toMatchObject({
      type: 'WrongDecision',
      allowed: ['ALLOW', 'DENY'],
    })
    story.does(decision(story, 'DENY'))
    const bare = { kind: 'OTHER', program: null, path: null } as const
    story.does(ask('requestApproval', { ...permission, permission: bare }))
    expect(decisionsOf(openOf(story))).toEqual(['ALLOW', 'DENY'])
  })
})

const FORM: AnswerSchema = {
  type: 'object',
  properties: {
    colour: { type: 'string', enum: ['red', 'green'] },
    copies: { type: 'integer', minimum: 1, maximum: 9 },
    share: { type: 'number' },
    bold: { type: 'boolean' },
    note: { type: 'string', maxLength: 3 },
  },
  required: ['colour'],
}

describe('an answer', () => {
  test('is a value that the schema admits, and is bound to the digest of that schema', () => {
    const story = atWork()
    story.does(ask('requestApproval', { ...question, answerSchema: FORM }))
    const { id: approvalId, digest } = openOf(story)
    const answers = (answer: object) =>
      ask('decideApproval', { approvalId, digest, decision: 'ANSWER', answer: answer as never })
    expect(story.refuses(answers({ colour: 'blue', copies: 0, size: 1 }))).toMatchObject({
      type: 'InvalidInput',
      issues: [
        { path: ['answer', 'colour'], message: 'is none of red, green' },
        { path: ['answer', 'copies'], message: 'is below 1' },
        { path: ['answer', 'size'], message: 'is not asked for' },
      ],
    })
    expect(story.refuses(answers([]))).toMatchObject({ type: 'InvalidInput' })
    expect(story.refuses({ ...answers({ colour: 'red' }), digest: 'other' })).toMatchObject({
      type: 'StaleDigest',
    })
    expect(story.refuses({ ...answers({ colour: 'red' }), decision: 'DECLINE' })).toMatchObject({
      type: 'InvalidInput',
    })
    const other = atWork()
    other.does(ask('requestApproval', { ...question, answerSchema: { ...FORM, required: [] } }))
    expect(openOf(other).digest).not.toBe(digest)
    story.does(answers({ colour: 'red', copies: 2 }))
    expect(story.run.approvals).toMatchObject([{ status: 'ANSWERED', answer: { colour: 'red', copies: 2 } }])
  })

  test.each([
    [{ colour: 'red', share: 0.5, bold: false, note: 'äöü' }, []],
    [{}, ['colour']],
    [{ colour: 'red', copies: 1.5 }, ['copies']],
    [{ colour: 'red', copies: 10 }, ['copies']],
    [{ colour: 'red', bold: 'yes' }, ['bold']],
    [{ colour: 'red', share: '1' }, ['share']],
    [{ colour: 'red', note: 'long' }, ['note']],
    [{ colour: 'red', toString: 'x' }, ['toString']],
  ])('is checked field by field: %j', (answer, wrong) => {
    expect(checkAnswer(FORM, answer as never).map(({ field }) => field)).toEqual(wrong)
  })

  test.each([
    { type: 'object', properties: {} },
    { type: 'object', properties: { a: { type: 'array' } } },
    { type: 'object', properties: { a: { type: 'string', pattern: '(a+)+' } } },
    { type: 'object', properties: { a: { type: 'object', properties: {} } } },
    { type: 'object', properties: { a: { type: 'string', enum: [] } } },
    { type: 'object', properties: { a: { type: 'string', enum: ['x', 'x'] } } },
    { type: 'object', properties: { a: { type: 'string' } }, required: ['b'] },
    { type: 'object', properties: { a: { type: 'number', minimum: 2, maximum: 1 } } },
    { type: 'object', properties: { a: { type: 'boolean', default: 'yes' } } },
    { type: 'object', properties: { a: { type: 'string', enum: ['x'], default: 'y' } } },
    { type: 'object', properties: { constructor: { type: 'string' } } },
    { type: 'object', properties: { 'a b': { type: 'string' } } },
    JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}'),
    { properties: { a: { type: 'string' } } },
    'text',
  ])('is never asked for by a schema that is not flat: %j', (schema) => {
    expect(answerSchemaSchema.safeParse(schema).success).toBe(false)
  })
})
