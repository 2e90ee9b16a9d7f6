import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Data, openStage, refusal, type Stage, typesOf } from './stage.ts'
import { DELIVER, ROUNDS, SOLO } from './workflows.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage([DELIVER, ROUNDS, SOLO])
})
afterAll(() => stage.end())

const submit = (runId: string, phase: string, path: string, content: string) =>
  stage.wanda.send('submitArtifact', { runId, phase, path, content, fence: 1 })
const advance = (runId: string, to: string) => stage.wanda.send('advancePhase', { runId, to, fence: 1 })
const complete = (runId: string) => stage.wanda.send('completeRun', { runId, fence: 1 })

/** The approval that waits. */
async function pending(runId: string): Promise<Data> {
  const { approvals } = await stage.vera.run(runId)
  return approvals.find(({ status }: Data) => status === 'PENDING')
}

async function decide(runId: string, decision: string): Promise<Data> {
  const { id: approvalId, digest } = await pending(runId)
  return stage.olga.must('decideApproval', { approvalId, digest, decision })
}

/** A run that stands at `build`, its plan approved. */
async function atBuild(): Promise<string> {
  const runId = await stage.atWork('deliver')
  await submit(runId, 'plan', 'plan.md', 'a plan')
  await decide(runId, 'APPROVE')
  expect(await advance(runId, 'build')).toMatchObject({ __typename: 'AdvancePhaseSuccess' })
  return runId
}

describe('a file', () => {
  it('invalid twice ends the attempt, pauses the run and asks one person how to go on (G3)', async () => {
    const runId = await atBuild()
    for (const content of ['{"ok": "yes"}', '{"ok":']) {
      const answer = await submit(runId, 'build', 'build.json', content)
      expect(answer).toMatchObject({
        __typename: 'SubmitArtifactSuccess',
        artifact: { isValid: false },
        phase: { status: 'RUNNING' },
      })
      await stage.wanda.must('startPhase', {
        runId,
        phase: 'build',
        fence: 1,
        isRepair: true,
        because: 'invalid',
      })
    }
    const error = { class: 'HUMAN_REQUIRED', code: 'ARTIFACT_INVALID', message: 'invalid twice' }
    const { session } = await stage.wanda.must('openSession', {
      runId,
      role: 'builder',
      adapter: 'process',
      fence: 1,
    })
    const failed = await stage.wanda.must('failPhase', {
      runId,
      phase: 'build',
      fence: 1,
      error,
      recovery: { gate: 'repair', question: 'The file stays invalid. Try again?', sessionId: session.id },
    })
    expect(failed).toMatchObject({ phase: { status: 'FAILED' }, run: { status: 'PAUSED' } })
    const run = await stage.vera.run(runId)
    expect(run.approvals.filter(({ status }: Data) => status === 'PENDING')).toEqual([
      expect.objectContaining({ kind: 'RECOVERY', gate: 'repair', expiresAt: null }),
    ])
    expect(run.phases.find(({ key }: Data) => key === 'build')).toMatchObject({ error, attempts: 3 })
    expect(run.sessions.nodes).toEqual([{ id: session.id, role: 'builder', status: 'FAILED_NEEDS_HUMAN' }])
    expect(await stage.olga.send('resumeRun', { runId })).toEqual(
      refusal('NotResumable', { status: 'PAUSED', because: 'APPROVAL_OPEN' }),
    )
    expect(await complete(runId)).toEqual(refusal('NotCompletable', { status: 'PAUSED' }))

    expect(await decide(runId, 'RETRY')).toMatchObject({ run: { status: 'RUNNING' } })
    expect((await stage.vera.run(runId)).sessions.nodes).toMatchObject([{ status: 'DISPOSED' }])
    await stage.wanda.must('startPhase', { runId, phase: 'build', fence: 1 })
    expect(await submit(runId, 'build', 'build.json', '{"ok": true}')).toMatchObject({
      phase: { status: 'COMPLETED', attempts: 4 },
    })
  })

  it('of the same bytes is one artifact, other bytes at the same path are another', async () => {
    const runId = await atBuild()
    const send = async (content: string) => (await submit(runId, 'build', 'notes.md', content)).artifact
    const first = await send('one')
    const { revision } = await stage.vera.run(runId)
    expect(await send('one')).toEqual(first)
    expect((await stage.vera.run(runId)).revision).toBe(revision)
    const second = await send('two')
    expect(second).not.toMatchObject({ id: first.id })
    expect(second).not.toMatchObject({ sha256: first.sha256 })
    const { phases } = await stage.vera.run(runId)
    expect(phases[1]).toMatchObject({
      status: 'RUNNING',
      artifacts: { nodes: [{ path: 'notes.md' }, { path: 'notes.md' }] },
    })
  })

  it('at another path than the declared one is no evidence (G3)', async () => {
    const runId = await atBuild()
    await submit(runId, 'build', 'elsewhere/build.json', '{"ok": true}')
    expect(await advance(runId, 'verify')).toEqual(
      refusal('NotCompletable', { missing: [expect.objectContaining({ kind: 'ARTIFACT', phase: 'build' })] }),
    )
  })

  it('of an earlier attempt is no evidence for the last one (G3)', async () => {
    const runId = await atBuild()
    await submit(runId, 'build', 'build.json', '{"ok": true}')
    await advance(runId, 'verify')
    await stage.wanda.must('requestApproval', {
      runId,
      phase: 'verify',
      gate: 'ship',
      question: '?',
      fence: 1,
    })
    await decide(runId, 'APPROVE')
    await advance(runId, 'build')
    expect(await advance(runId, 'verify')).toEqual(
      refusal('NotCompletable', { missing: [expect.objectContaining({ kind: 'ARTIFACT', phase: 'build' })] }),
    )
  })
})

describe('an approval', () => {
  it('is not asked for before its file is there (G3)', async () => {
    const runId = await stage.atWork('deliver')
    const ask = { runId, phase: 'plan', gate: 'plan', question: 'Yes?', fence: 1 }
    expect(await stage.wanda.send('requestApproval', ask)).toEqual(
      refusal('NotCompletable', { missing: [expect.objectContaining({ kind: 'ARTIFACT', phase: 'plan' })] }),
    )
    expect(await advance(runId, 'build')).toMatchObject({
      __typename: 'NotCompletable',
      missing: [{ kind: 'ARTIFACT' }, { kind: 'APPROVAL' }],
    })
  })

  it('of an earlier attempt is no evidence for the last one (G3)', async () => {
    const runId = await stage.atWork('deliver')
    await submit(runId, 'plan', 'plan.md', 'first plan')
    await decide(runId, 'REJECT')
    await stage.wanda.must('startPhase', { runId, phase: 'plan', fence: 1 })
    await submit(runId, 'plan', 'plan.md', 'second plan')
    await decide(runId, 'APPROVE')
    await advance(runId, 'build')
    await submit(runId, 'build', 'build.json', '{"ok": true}')
    await advance(runId, 'verify')
    // the ship gate of the first verification does not stand for the second
    await stage.wanda.must('requestApproval', {
      runId,
      phase: 'verify',
      gate: 'ship',
      question: '?',
      fence: 1,
    })
    await decide(runId, 'APPROVE')
    await advance(runId, 'build')
    await submit(runId, 'build', 'build.json', '{"ok": true}')
    await advance(runId, 'verify')
    expect(await advance(runId, 'done')).toEqual(
      refusal('NotCompletable', {
        missing: [expect.objectContaining({ kind: 'APPROVAL', phase: 'verify' })],
      }),
    )
    expect(await complete(runId)).toMatchObject({ __typename: 'NotCompletable' })
  })

  it('that follows another carries no field of it', async () => {
    const runId = await stage.atWork('solo')
    const first = {
      gate: 'risk',
      question: 'Is it safe?',
      payload: { risk: 'high' },
      approvers: ['olga'],
      isSelfApprovalAllowed: false,
      expiresInSeconds: 600,
      onExpiry: 'REJECT',
    }
    await stage.wanda.must('requestApproval', { runId, fence: 1, ...first })
    const { id, digest } = await pending(runId)
    await stage.olga.must('decideApproval', { approvalId: id, digest, decision: 'APPROVE', comment: 'safe' })
    const { approval } = await stage.wanda.must('requestApproval', {
      runId,
      fence: 1,
      gate: 'tone',
      question: 'Is it kind?',
    })
    expect(approval).toMatchObject({
      gate: 'tone',
      question: 'Is it kind?',
      payload: null,
      approvers: [],
      isSelfApprovalAllowed: true,
      expiresAt: null,
      onExpiry: 'WAIT',
      status: 'PENDING',
      decidedAt: null,
      decidedBy: null,
      comment: null,
      attempt: null,
    })
    expect(approval.id).not.toBe(id)
    expect(approval.digest).not.toBe(digest)
  })
})

describe('a way', () => {
  it('is not from a phase that was not done: skipping is never silent (G3)', async () => {
    const claim = { owner: 'wanda', leaseSeconds: 600 }
    const { run } = await stage.wanda.must('startRun', { workflow: 'deliver', claim })
    expect(await advance(run.id, 'build')).toEqual(
      refusal('IllegalTransition', { fromPhase: 'plan', toPhase: 'build', allowedPhases: ['plan'] }),
    )
    await stage.wanda.must('startPhase', { runId: run.id, phase: 'plan', fence: 1 })
    const error = { class: 'RECOVERABLE', code: 'SILENT', message: 'nothing came' }
    await stage.wanda.must('failPhase', { runId: run.id, phase: 'plan', fence: 1, error })
    expect(await advance(run.id, 'build')).toEqual(
      refusal('IllegalTransition', { fromPhase: 'plan', toPhase: 'build', allowedPhases: ['plan'] }),
    )
    expect(
      await stage.wanda.send('startPhase', { runId: run.id, phase: 'plan', fence: 1, isRepair: true }),
    ).toMatchObject({
      __typename: 'IllegalTransition',
    })
    expect(await stage.wanda.send('startPhase', { runId: run.id, phase: 'plan', fence: 1 })).toMatchObject({
      phase: { status: 'RUNNING', attempts: 2, error: null },
    })
  })

  it('to a phase of another workflow is unknown, and what is known is told', async () => {
    const runId = await stage.atWork('deliver')
    const known = ['plan', 'build', 'verify', 'done']
    const unknown = refusal('UnknownPhase', { phaseKey: 'synthesis', known })
    expect(await advance(runId, 'synthesis')).toEqual(unknown)
    expect(await submit(runId, 'synthesis', 'plan.md', 'x')).toEqual(unknown)
    for (const [mutation, rest] of [
      ['startPhase', {}],
      ['failPhase', { error: { class: 'FATAL', code: 'X', message: 'x' } }],
      ['startExecution', { command: 'make' }],
      ['requestApproval', { gate: 'g', question: '?' }],
    ] as const)
      expect(await stage.wanda.send(mutation, { runId, phase: 'synthesis', fence: 1, ...rest })).toEqual(
        unknown,
      )
  })

  it('along no edge of the graph is illegal', async () => {
    const runId = await atBuild()
    await submit(runId, 'build', 'build.json', '{"ok": true}')
    expect(await advance(runId, 'plan')).toEqual(
      refusal('IllegalTransition', { fromPhase: 'build', toPhase: 'plan', allowedPhases: ['verify'] }),
    )
  })

  it('to a final phase that asks for nothing leads to the end', async () => {
    const runId = await atBuild()
    await submit(runId, 'build', 'build.json', '{"ok": true}')
    await advance(runId, 'verify')
    expect(await complete(runId)).toEqual(
      refusal('NotCompletable', {
        missing: expect.arrayContaining([expect.objectContaining({ kind: 'FINAL_PHASE' })]),
      }),
    )
    await stage.wanda.must('requestApproval', {
      runId,
      phase: 'verify',
      gate: 'ship',
      question: '?',
      fence: 1,
    })
    expect(await complete(runId)).toMatchObject({ __typename: 'NotCompletable', status: 'AWAITING_APPROVAL' })
    await decide(runId, 'APPROVE')
    expect(await advance(runId, 'done')).toMatchObject({ phase: { key: 'done', status: 'COMPLETED' } })
    expect(await complete(runId)).toMatchObject({ run: { status: 'COMPLETED', outcome: 'SUCCESS' } })
  })
})

describe('a round', () => {
  it('is opened at the initial phase alone, after one that is complete', async () => {
    const runId = await stage.atWork('rounds')
    expect(await stage.wanda.send('completeRound', { runId, fence: 1 })).toEqual(
      refusal('IllegalTransition', { fromPhase: 'draft', allowedPhases: ['draft'] }),
    )
    // a self-loop is no round
    expect(await advance(runId, 'draft')).toMatchObject({ run: { round: 1 }, phase: { attempts: 2 } })
    await advance(runId, 'check')
    expect(await advance(runId, 'draft')).toEqual(
      refusal('IllegalTransition', { fromPhase: 'check', allowedPhases: ['wrap'] }),
    )
    expect(await stage.wanda.must('completeRound', { runId, fence: 1, summary: { found: 2 } })).toMatchObject(
      {
        round: 1,
        hasChanged: true,
      },
    )
    const { revision } = await stage.vera.run(runId)
    expect(await stage.wanda.must('completeRound', { runId, fence: 1 })).toMatchObject({
      round: 1,
      hasChanged: false,
    })
    expect((await stage.vera.run(runId)).revision).toBe(revision)
    expect(await advance(runId, 'check')).toMatchObject({ __typename: 'IllegalTransition' })

    expect(await advance(runId, 'draft')).toMatchObject({
      run: { round: 2 },
      phase: { key: 'draft', round: 2, status: 'PENDING', attempts: 0 },
    })
    const { phases } = await stage.vera.run(runId)
    expect(phases.map(({ status }: Data) => status)).toEqual(['PENDING', 'PENDING', 'PENDING', 'PENDING'])
    await stage.wanda.must('startPhase', { runId, phase: 'draft', fence: 1 })
    await advance(runId, 'check')
    await stage.wanda.must('completeRound', { runId, fence: 1 })
    // there are two rounds, and no third
    expect(await advance(runId, 'draft')).toEqual(
      refusal('IllegalTransition', { toPhase: 'draft', allowedPhases: ['wrap'] }),
    )
  })

  it('reopened by going back to where it ends has to be completed again (G3)', async () => {
    const runId = await stage.atWork('rounds')
    const finish = () => stage.wanda.must('completeRound', { runId, fence: 1 })
    await advance(runId, 'check')
    await finish()
    await advance(runId, 'wrap')
    expect(await advance(runId, 'check')).toMatchObject({ phase: { status: 'RUNNING', attempts: 2 } })
    await advance(runId, 'wrap')
    expect(await advance(runId, 'done')).toMatchObject({
      __typename: 'NotCompletable',
      missing: [{ kind: 'ROUND' }],
    })
    await advance(runId, 'check')
    expect(await finish()).toMatchObject({ round: 1, hasChanged: true })
    await advance(runId, 'wrap')
    expect(await advance(runId, 'done')).toMatchObject({ phase: { status: 'COMPLETED' } })
    expect(await complete(runId)).toMatchObject({ run: { status: 'COMPLETED' } })
    expect(typesOf(await stage.vera.log(runId)).filter((type) => type === 'ROUND_COMPLETED')).toHaveLength(2)
  })

  it('is needed for the way to the end (G3)', async () => {
    const runId = await stage.atWork('rounds')
    await advance(runId, 'check')
    await advance(runId, 'wrap')
    expect(await advance(runId, 'done')).toEqual(
      refusal('NotCompletable', { missing: [expect.objectContaining({ kind: 'ROUND', phase: 'check' })] }),
    )
  })
})
