import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor, type Data, openStage, refusal, type Stage, typesOf } from './stage.ts'
import { DELIVER, RELAY, SOLO } from './workflows.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage([DELIVER, RELAY, SOLO])
})
afterAll(() => stage.end())

/** A question about a run at work, with its answer to be. */
interface Asked {
  readonly runId: string
  readonly approval: Data
  answer(decision: string, rest?: object, as?: Actor): Promise<Data>
}

async function ask(question: object = {}, start: object = {}): Promise<Asked> {
  const runId = await stage.atWork('solo', start)
  const { approval } = await stage.wanda.must('requestApproval', {
    runId,
    fence: 1,
    gate: 'ship',
    question: 'Ship it?',
    ...question,
  })
  return toAsked(runId, approval)
}

function toAsked(runId: string, approval: Data): Asked {
  const { id: approvalId, digest } = approval
  return {
    runId,
    approval,
    answer: (decision, rest = {}, as = stage.olga) =>
      as.send('decideApproval', { approvalId, digest, decision, ...rest }),
  }
}

const statusOf = async (runId: string) => (await stage.vera.run(runId)).status

/** A plan at its gate, in an attempt of so many. */
async function atGate(runId: string, attempt: number): Promise<Asked> {
  if (attempt > 1) await stage.wanda.must('startPhase', { runId, phase: 'plan', fence: 1 })
  const file = { runId, phase: 'plan', path: 'plan.md', content: `plan ${attempt}`, fence: 1 }
  expect(await stage.wanda.must('submitArtifact', file)).toMatchObject({
    phase: { status: 'AWAITING_APPROVAL' },
    run: { status: 'AWAITING_APPROVAL' },
  })
  const { approvals } = await stage.vera.run(runId)
  return toAsked(
    runId,
    approvals.find(({ status }: Data) => status === 'PENDING'),
  )
}

describe('a decision', () => {
  it('to approve, racing another to reject and a cancel: who comes too late writes nothing (G1)', async () => {
    for (let time = 0; time < 30; time++) {
      const { runId, answer } = await ask()
      const approve = () => answer('APPROVE')
      const reject = () => answer('REJECT', { comment: 'no' }, stage.oscar)
      const cancel = () => stage.oscar.send('cancelRun', { runId })
      // each is sent first in its turn
      const calls = [approve, reject, cancel]
      const order = [...calls.slice(time % 3), ...calls.slice(0, time % 3)]
      const answers = await Promise.all(order.map((call) => call()))
      const [approved, rejected, cancelled] = calls.map((call) => answers[order.indexOf(call)])
      const log = await stage.vera.log(runId)
      const done = [approved, rejected].filter(({ __typename }) => __typename === 'DecideApprovalSuccess')
      const lost = [approved, rejected].filter(({ __typename }) => __typename !== 'DecideApprovalSuccess')
      // a cancel is always accepted: nobody can make the run go on after it
      expect(cancelled).toMatchObject({
        __typename: 'CancelRunSuccess',
        hasChanged: true,
        run: { status: 'CANCELLING' },
      })
      expect(done.length + lost.length).toBe(2)
      expect(done.length).toBeLessThanOrEqual(1)
      const expected = [
        ...['RUN_CREATED', 'ROUND_OPENED', 'RUN_CLAIMED', 'PHASE_STARTED', 'APPROVAL_REQUESTED'],
        ...(done.length === 1 ? ['APPROVAL_DECIDED'] : []),
        'RUN_CANCEL_REQUESTED',
      ]
      expect(typesOf(log)).toEqual(expected)
      expect(log.map(({ seq }) => seq)).toEqual(expected.map((_, index) => index + 1))
      for (const { __typename, approval } of lost) {
        expect(__typename).toMatch(/^(AlreadyDecided|RunNotActive)$/)
        if (__typename === 'AlreadyDecided') expect(approval.decidedBy).toBe(done[0].approval.decidedBy)
      }
      const { comment, decidedBy } = (await stage.vera.run(runId)).approvals[0]
      if (done.length === 0) expect(comment).toBeNull()
      else expect(decidedBy).toBe(done[0] === approved ? 'olga' : 'oscar')
      await stage.wanda.must('confirmCancel', { runId, fence: 1 })
    }
  })

  it('to approve, racing a reject: one is kept, and the other is shown it (G1)', async () => {
    for (let time = 0; time < 25; time++) {
      const { runId, answer } = await ask()
      const answers = await Promise.all([answer('APPROVE'), answer('REJECT', {}, stage.oscar)])
      const won = answers.find(({ __typename }) => __typename === 'DecideApprovalSuccess')
      const lost = answers.find(({ __typename }) => __typename !== 'DecideApprovalSuccess')
      const { id, status, decidedBy } = won.approval
      expect(lost).toEqual(
        refusal('AlreadyDecided', { approval: expect.objectContaining({ id, status, decidedBy }) }),
      )
      const decided = (await stage.vera.log(runId)).filter(({ type }) => type === 'APPROVAL_DECIDED')
      expect(decided).toEqual([
        expect.objectContaining({ actor: expect.objectContaining({ name: decidedBy }) }),
      ])
    }
  })

  it('about what was shown before is StaleDigest, and nothing is decided', async () => {
    const { run } = await stage.wanda.must('startRun', {
      workflow: 'deliver',
      claim: { owner: 'wanda', leaseSeconds: 600 },
    })
    await stage.wanda.must('startPhase', { runId: run.id, phase: 'plan', fence: 1 })
    const first = await atGate(run.id, 1)
    await first.answer('REJECT', { comment: 'think again' })
    const second = await atGate(run.id, 2)
    const before = await stage.vera.run(run.id)
    const { id: approvalId } = second.approval
    const stale = { approvalId, digest: first.approval.digest, decision: 'APPROVE' }
    expect(await stage.olga.send('decideApproval', stale)).toEqual(
      refusal('StaleDigest', { approval: expect.objectContaining({ id: approvalId, status: 'PENDING' }) }),
    )
    expect((await stage.vera.run(run.id)).revision).toBe(before.revision)
    expect(await first.answer('APPROVE')).toMatchObject({
      __typename: 'AlreadyDecided',
      approval: { status: 'REJECTED' },
    })
    expect(await second.answer('APPROVE')).toMatchObject({ run: { status: 'RUNNING' } })
  })

  it('that the kind does not know is WrongDecision, with those it knows', async () => {
    const review = await ask()
    for (const decision of ['RETRY', 'ABORT'])
      expect(await review.answer(decision)).toEqual(
        refusal('WrongDecision', { allowedDecisions: ['APPROVE', 'REJECT'] }),
      )
    const recovery = await ask({ kind: 'RECOVERY' })
    for (const decision of ['APPROVE', 'REJECT'])
      expect(await recovery.answer(decision)).toEqual(
        refusal('WrongDecision', { allowedDecisions: ['RETRY', 'ABORT'] }),
      )
    expect(await recovery.answer('ABORT')).toMatchObject({ run: { status: 'FAILED' } })
  })

  it('by who asked is refused where nobody may decide for themselves', async () => {
    const runId = await stage.atWork('solo')
    const question = { runId, fence: 1, gate: 'g', question: '?', isSelfApprovalAllowed: false }
    const { approval } = await stage.adam.must('requestApproval', question)
    const { answer } = toAsked(runId, approval)
    expect(await answer('APPROVE', {}, stage.adam)).toEqual(refusal('Forbidden', { requiredRole: null }))
    expect(await statusOf(runId)).toBe('AWAITING_APPROVAL')
    expect(await answer('APPROVE')).toMatchObject({ run: { status: 'RUNNING' } })
  })

  it('is for those on the list alone, and for no token that only reads or drives', async () => {
    const { answer, runId } = await ask({ approvers: ['oscar'] })
    expect(await answer('APPROVE')).toEqual(refusal('Forbidden', { requiredRole: null }))
    expect(await answer('APPROVE', {}, stage.vera)).toEqual(
      refusal('Forbidden', { requiredRole: 'OPERATOR' }),
    )
    expect(await answer('APPROVE', {}, stage.wanda)).toEqual(
      refusal('Forbidden', { requiredRole: 'OPERATOR' }),
    )
    expect(typesOf(await stage.vera.log(runId))).not.toContain('APPROVAL_DECIDED')
    expect(await answer('APPROVE', {}, stage.oscar)).toMatchObject({ approval: { decidedBy: 'oscar' } })
  })

  it('about nothing there is is NotFound', async () => {
    const approvalId = 'apr_01jd0000000000000000000000'
    expect(await stage.olga.send('decideApproval', { approvalId, digest: 'x', decision: 'APPROVE' })).toEqual(
      refusal('NotFound', { kind: 'APPROVAL', id: approvalId }),
    )
  })
})

describe('a rejection', () => {
  it('sends the phase back with the feedback; one too many fails the run, its error kept by the resume', async () => {
    const claim = { owner: 'wanda', leaseSeconds: 600 }
    const { run } = await stage.wanda.must('startRun', { workflow: 'deliver', claim })
    const runId = run.id
    await stage.wanda.must('startPhase', { runId, phase: 'plan', fence: 1 })
    const first = await atGate(runId, 1)
    expect(await first.answer('REJECT', { comment: 'too long' })).toMatchObject({
      run: { status: 'RUNNING' },
    })
    expect((await stage.vera.run(runId)).phases[0]).toMatchObject({
      status: 'FAILED',
      error: { message: expect.stringContaining('too long') },
    })
    const second = await atGate(runId, 2)
    expect(await second.answer('REJECT', { comment: 'still too long' })).toMatchObject({
      run: { status: 'FAILED', reason: 'APPROVAL_REJECTED', error: 'still too long', outcome: 'FAILED' },
    })
    // the lease is the hold: nobody else may claim before the owner has stopped
    expect(await stage.olga.send('resumeRun', { runId })).toEqual(
      refusal('NotResumable', { because: 'OWNED' }),
    )
    await stage.wanda.must('releaseRun', { runId, fence: 1 })
    const resumed = await stage.olga.must('resumeRun', { runId, comment: 'once more' })
    expect(resumed.run).toMatchObject({
      status: 'QUEUED',
      epoch: 2,
      error: null,
      reason: null,
      settledAt: null,
    })
    expect((await stage.vera.log(runId)).at(-1)).toMatchObject({
      type: 'RUN_RESUMED',
      epoch: 2,
      payload: {
        error: 'still too long',
        reason: 'APPROVAL_REJECTED',
        comment: 'once more',
        settledAt: expect.any(String),
      },
    })
  })

  it('too many on a run that a person has paused fails it all the same', async () => {
    const claim = { owner: 'wanda', leaseSeconds: 600 }
    const { run } = await stage.wanda.must('startRun', { workflow: 'deliver', claim })
    await stage.wanda.must('startPhase', { runId: run.id, phase: 'plan', fence: 1 })
    await (await atGate(run.id, 1)).answer('REJECT')
    const second = await atGate(run.id, 2)
    await stage.olga.must('pauseRun', { runId: run.id })
    expect(await second.answer('REJECT')).toMatchObject({
      run: { status: 'FAILED', reason: 'APPROVAL_REJECTED' },
    })
  })

  it('of a question about the whole run stands against its completion until the same gate says yes', async () => {
    const { runId, answer } = await ask()
    await answer('REJECT', { comment: 'not on a Friday' })
    const refused = refusal('NotCompletable', {
      message: expect.stringContaining('what was asked at ship was rejected: not on a Friday'),
      missing: [expect.objectContaining({ kind: 'APPROVAL', phase: null })],
    })
    expect(await stage.wanda.send('completeRun', { runId, fence: 1 })).toEqual(refused)
    expect(await stage.vera.run(runId)).toMatchObject({
      status: 'RUNNING',
      nextAction: 'WORK',
      missingEvidence: [{ kind: 'APPROVAL', phase: null }],
    })
    const again = await stage.wanda.must('requestApproval', {
      runId,
      fence: 1,
      gate: 'ship',
      question: 'On Monday?',
    })
    await toAsked(runId, again.approval).answer('APPROVE')
    expect(await stage.wanda.must('completeRun', { runId, fence: 1 })).toMatchObject({
      run: { status: 'COMPLETED' },
    })
  })

  it('of a recovery ends the run: ABORT is APPROVAL_REJECTED', async () => {
    const { answer } = await ask({ kind: 'RECOVERY' })
    expect(await answer('ABORT', { comment: 'hopeless' })).toMatchObject({
      run: { status: 'FAILED', reason: 'APPROVAL_REJECTED', error: 'hopeless' },
      approval: { status: 'ABORTED' },
    })
  })
})

describe('a question that nobody decided in time', () => {
  const expiring = (onExpiry: string, rest: object = {}) => ask({ expiresInSeconds: 60, onExpiry, ...rest })
  const release = (runId: string) => stage.wanda.must('releaseRun', { runId, fence: 1 })

  it('under REJECT is rejected, and the run continues with its owner', async () => {
    const { runId, answer } = await expiring('REJECT')
    await stage.pass(runId, 61)
    expect(await statusOf(runId)).toBe('RUNNING')
    expect(await answer('APPROVE')).toEqual(
      refusal('ApprovalExpired', { approval: expect.objectContaining({ status: 'EXPIRED' }) }),
    )
  })

  it('under REJECT is rejected, and the run goes to the queue where its owner is gone', async () => {
    const { runId } = await expiring('REJECT')
    await release(runId)
    await stage.pass(runId, 61)
    expect(await stage.vera.run(runId)).toMatchObject({ status: 'QUEUED', lease: null })
  })

  it('under REJECT means ABORT for a recovery', async () => {
    const { runId } = await expiring('REJECT', { kind: 'RECOVERY' })
    await stage.pass(runId, 61)
    expect(await stage.vera.run(runId)).toMatchObject({ status: 'FAILED', reason: 'APPROVAL_REJECTED' })
  })

  it('under EXPIRE_RUN expires a run that nobody holds, for good (G2)', async () => {
    const { runId, answer } = await expiring('EXPIRE_RUN')
    await release(runId)
    await stage.pass(runId, 61)
    expect(await stage.vera.run(runId)).toMatchObject({
      status: 'EXPIRED',
      reason: 'APPROVAL_EXPIRED',
      outcome: 'INCOMPLETE',
      isFinal: true,
    })
    expect(await answer('APPROVE')).toMatchObject({ __typename: 'ApprovalExpired' })
    expect(await stage.olga.send('resumeRun', { runId })).toEqual(
      refusal('NotResumable', { because: 'FINAL' }),
    )
  })

  it('under EXPIRE_RUN fails a run that somebody holds', async () => {
    const { runId } = await expiring('EXPIRE_RUN')
    await stage.pass(runId, 61)
    expect(await stage.vera.run(runId)).toMatchObject({
      status: 'FAILED',
      reason: 'APPROVAL_EXPIRED',
      lease: { owner: 'wanda', fence: 1 },
    })
  })

  it('under WAIT stays decidable', async () => {
    const { runId, answer } = await expiring('WAIT')
    await stage.pass(runId, 61)
    expect(await statusOf(runId)).toBe('AWAITING_APPROVAL')
    expect(await answer('APPROVE')).toMatchObject({
      approval: { status: 'APPROVED' },
      run: { status: 'RUNNING' },
    })
  })

  it('is judged at the decision, though no sweep has seen it (G5)', async () => {
    const { runId, answer } = await expiring('REJECT')
    await stage.pass(runId, 61)
    // nothing has read the run since
    expect(await answer('APPROVE')).toMatchObject({ __typename: 'ApprovalExpired' })
    expect(typesOf(await stage.vera.log(runId))).toEqual(
      expect.arrayContaining(['APPROVAL_REQUESTED', 'APPROVAL_EXPIRED']),
    )
    expect(typesOf(await stage.vera.log(runId))).not.toContain('APPROVAL_DECIDED')
  })

  it('keeps a run from expiring for silence where it waits without end', async () => {
    const { runId, answer } = await ask()
    await release(runId)
    await stage.pass(runId, 30 * 86_400)
    expect(await statusOf(runId)).toBe('AWAITING_APPROVAL')
    expect(await answer('APPROVE')).toMatchObject({ run: { status: 'QUEUED' } })
  })
})

describe('a run that waits for a person', () => {
  it('is paused over its review, and resumed to it, whatever the resume claims', async () => {
    const { runId, answer } = await ask()
    await stage.olga.must('pauseRun', { runId })
    const claim = { owner: 'other', leaseSeconds: 30 }
    expect(await stage.adam.send('resumeRun', { runId, claim })).toMatchObject({
      __typename: 'ResumeRunSuccess',
      run: { status: 'AWAITING_APPROVAL', lease: { owner: 'wanda' } },
    })
    expect(await stage.olga.send('resumeRun', { runId })).toEqual(
      refusal('NotResumable', { because: 'AWAITING_APPROVAL' }),
    )
    expect(await answer('APPROVE')).toMatchObject({ run: { status: 'RUNNING' } })
  })

  it('stays PAUSED when decided while a person has it paused', async () => {
    const { runId, answer } = await ask()
    await stage.olga.must('pauseRun', { runId })
    expect(await answer('APPROVE')).toMatchObject({
      run: { status: 'PAUSED' },
      approval: { status: 'APPROVED' },
    })
    expect(await stage.olga.must('resumeRun', { runId })).toMatchObject({ run: { status: 'RUNNING' } })
  })

  it('takes no driving write, and no second question', async () => {
    const { runId } = await ask()
    const driving = { runId, fence: 1 }
    const waits = refusal('RunNotActive', { status: 'AWAITING_APPROVAL' })
    expect(await stage.wanda.send('requestApproval', { ...driving, gate: 'g', question: '?' })).toEqual(waits)
    expect(await stage.wanda.send('advancePhase', { ...driving, to: 'work' })).toEqual(waits)
    expect(await stage.wanda.send('startExecution', { ...driving, command: 'make' })).toEqual(waits)
    expect(await stage.wanda.send('failRun', { ...driving, error: 'x' })).toEqual(waits)
    expect(await stage.wanda.send('completeRun', driving)).toEqual(
      refusal('NotCompletable', {
        status: 'AWAITING_APPROVAL',
        missing: expect.arrayContaining([expect.objectContaining({ kind: 'APPROVAL' })]),
      }),
    )
  })

  it('goes to the queue after the answer where its owner was lost in the meantime', async () => {
    const { runId, answer } = await ask()
    await stage.pass(runId, 601)
    expect(await stage.vera.run(runId)).toMatchObject({ status: 'AWAITING_APPROVAL', lease: null })
    expect(await answer('APPROVE')).toMatchObject({ run: { status: 'QUEUED' } })
    expect(await stage.wanda.must('claimRun', { runId, owner: 'other' })).toMatchObject({
      lease: { fence: 2 },
    })
  })

  it('has its question void once it is settled, and nobody can decide that', async () => {
    const { runId, answer } = await ask()
    await stage.wanda.must('releaseRun', { runId, fence: 1 })
    await stage.olga.must('cancelRun', { runId })
    expect(await answer('APPROVE')).toEqual(refusal('RunNotActive', { status: 'CANCELLED' }))
    expect((await stage.vera.run(runId)).approvals).toMatchObject([{ status: 'VOID', decidedBy: null }])
  })
})
