import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Data, openStage, refusal, type Stage, typesOf } from './stage.ts'
import { DELIVER, LIMITED, RELAY, ROUNDS, SOLO, TIMED } from './workflows.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage([DELIVER, LIMITED, RELAY, ROUNDS, SOLO, TIMED], {
    config: { maxArtifactBytes: 1000 },
  })
})
afterAll(() => stage.end())

const claim = { owner: 'wanda', leaseSeconds: 3600 }
const start = async (rest: object = {}): Promise<string> =>
  (await stage.olga.must('startRun', { workflow: 'solo', ...rest })).run.id
const fail = (runId: string) => stage.wanda.must('failRun', { runId, fence: 1, error: 'x' })
const statuses = async (runId: string) =>
  (await stage.vera.run(runId)).phases.map(({ status }: Data) => status)

describe('a time limit', () => {
  it('of the queue fails a run that nobody took', async () => {
    const runId = await start({ workflow: 'timed' })
    await stage.pass(runId, 301)
    expect(await stage.vera.run(runId)).toMatchObject({ status: 'FAILED', reason: 'QUEUE_TIMEOUT' })
  })

  it('of a phase fails a run under its owner, who is told to stop and holds it until then (G4)', async () => {
    const runId = await stage.atWork('timed', { claim })
    await stage.pass(runId, 601)
    expect(await stage.vera.run(runId)).toMatchObject({
      status: 'FAILED',
      reason: 'PHASE_TIMEOUT',
      lease: { owner: 'wanda', isLive: true },
      phases: [{ status: 'CANCELLED' }],
    })
    expect(await stage.olga.send('deleteRun', { runId })).toEqual(
      refusal('NotDeletable', { status: 'FAILED' }),
    )
    expect(await stage.olga.send('resumeRun', { runId })).toEqual(
      refusal('NotResumable', { because: 'OWNED' }),
    )
    expect(await stage.wanda.send('completeRun', { runId, fence: 1 })).toEqual(
      refusal('RunNotActive', { status: 'FAILED', directive: 'STOP' }),
    )
    const log = await stage.vera.log(runId)
    // the claim of a settled run ends without an event
    expect(await stage.wanda.must('releaseRun', { runId, fence: 1 })).toMatchObject({ run: { lease: null } })
    expect(await stage.vera.log(runId)).toEqual(log)
    expect(await stage.olga.must('resumeRun', { runId })).toMatchObject({
      run: { status: 'QUEUED', epoch: 2 },
    })
  })

  it('of silence fails a run whose phase is not under way', async () => {
    const { run } = await stage.wanda.must('startRun', { workflow: 'timed', claim })
    await stage.pass(run.id, 1801)
    expect(await stage.vera.run(run.id)).toMatchObject({ status: 'FAILED', reason: 'IDLE_TIMEOUT' })
  })

  it('of the run counts while it is paused, but not while it is being cancelled', async () => {
    const paused = await start({ workflow: 'timed' })
    await stage.olga.must('pauseRun', { runId: paused })
    await stage.pass(paused, 7201)
    expect(await stage.vera.run(paused)).toMatchObject({ status: 'FAILED', reason: 'RUN_TIMEOUT' })
    const cancelling = await stage.atWork('limited', { claim })
    for (const seconds of [3500, 3500, 185]) {
      await stage.pass(cancelling, seconds)
      await stage.wanda.must('renewLease', { runId: cancelling, fence: 1 })
    }
    await stage.olga.must('cancelRun', { runId: cancelling })
    await stage.pass(cancelling, 20)
    expect(await stage.vera.run(cancelling)).toMatchObject({ status: 'CANCELLING', reason: null })
  })

  it('is judged before what is asked, and what was due counts for the revision (G1, G5)', async () => {
    const runId = await stage.atWork('timed', { claim })
    const { revision } = await stage.vera.run(runId)
    await stage.pass(runId, 601)
    expect(
      await stage.wanda.send('advancePhase', { runId, to: 'work', fence: 1, ifRevision: revision }),
    ).toEqual(refusal('RevisionConflict', { expected: revision, actual: revision + 1 }))
    expect(typesOf(await stage.vera.log(runId)).at(-1)).toBe('RUN_FAILED')
  })
})

describe('a lost owner', () => {
  it('is found by the resume itself, which takes the run up in the same request (G5)', async () => {
    const runId = await stage.atWork('solo')
    await stage.pass(runId, 601)
    expect(await stage.wanda.must('resumeRun', { runId, claim })).toMatchObject({
      run: { status: 'RUNNING', epoch: 2 },
      lease: { fence: 2 },
    })
    expect((await stage.vera.log(runId)).slice(-3)).toMatchObject([
      { type: 'RUN_FAILED', actor: { kind: 'SYSTEM', name: 'system' }, epoch: 1 },
      { type: 'RUN_RESUMED', epoch: 2 },
      { type: 'RUN_CLAIMED', epoch: 2 },
    ])
  })

  it('whose run is handed over is resumed by the lapse, in the same epoch', async () => {
    const runId = await stage.atWork('relay')
    await stage.pass(runId, 601)
    expect(await stage.wanda.must('resumeRun', { runId, claim })).toMatchObject({
      run: { status: 'RUNNING', epoch: 1 },
      lease: { fence: 2 },
    })
    expect(typesOf(await stage.vera.log(runId))).not.toContain('RUN_RESUMED')
  })
})

describe('a cancel', () => {
  it('of a failed run has an epoch of its own, and is final (G2)', async () => {
    const runId = await stage.atWork('solo')
    await fail(runId)
    expect(await stage.olga.must('cancelRun', { runId, comment: 'no more' })).toMatchObject({
      hasChanged: true,
      run: { status: 'CANCELLED', epoch: 2, isFinal: true, outcome: 'CANCELLED' },
    })
    expect(await stage.olga.must('cancelRun', { runId })).toMatchObject({ hasChanged: false })
    expect(await stage.olga.send('resumeRun', { runId })).toEqual(
      refusal('NotResumable', { because: 'FINAL' }),
    )
  })

  it('once accepted always ends CANCELLED: nothing else is taken in the meantime (G9)', async () => {
    const runId = await stage.atWork('solo')
    await stage.olga.must('cancelRun', { runId })
    const { revision } = await stage.vera.run(runId)
    const cancelling = { status: 'CANCELLING' }
    expect(await stage.wanda.send('completeRun', { runId, fence: 1 })).toEqual(
      refusal('NotCompletable', cancelling),
    )
    expect(await stage.wanda.send('failRun', { runId, fence: 1, error: 'x' })).toEqual(
      refusal('RunNotActive', cancelling),
    )
    expect(await stage.olga.send('pauseRun', { runId })).toEqual(refusal('NotPausable', cancelling))
    expect(await stage.olga.must('cancelRun', { runId })).toMatchObject({ hasChanged: false })
    expect(await stage.wanda.send('confirmCancel', { runId, fence: 2 })).toEqual(refusal('LeaseLost'))
    expect((await stage.vera.run(runId)).revision).toBe(revision)
  })

  it('is confirmed of a run that is being cancelled alone', async () => {
    const runId = await stage.atWork('solo')
    expect(await stage.wanda.send('confirmCancel', { runId, fence: 1 })).toEqual(
      refusal('RunNotActive', { status: 'RUNNING' }),
    )
  })
})

describe('an end', () => {
  it('without COMPLETED leaves what was not begun PENDING, for a resume; COMPLETED skips it', async () => {
    const runId = await stage.atWork('deliver')
    await fail(runId)
    expect(await statuses(runId)).toEqual(['CANCELLED', 'PENDING', 'PENDING', 'PENDING'])
    const rounds = await stage.atWork('rounds')
    const advance = (to: string) => stage.wanda.must('advancePhase', { runId: rounds, to, fence: 1 })
    await advance('check')
    await stage.wanda.must('completeRound', { runId: rounds, fence: 1 })
    await advance('wrap')
    await advance('done')
    await stage.wanda.must('completeRun', { runId: rounds, fence: 1, output: { merged: true } })
    expect(await stage.vera.run(rounds)).toMatchObject({ status: 'COMPLETED', output: { merged: true } })
    expect(await statuses(rounds)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED'])

    // a run that goes on where that one ended counts its rounds on
    expect(await stage.olga.must('startRun', { workflow: 'rounds', continuesRunId: rounds })).toMatchObject({
      run: { round: 2, continues: { id: rounds } },
    })
  })

  it('of an epoch has closed its processes for good, whatever a later one comes to', async () => {
    const runId = await stage.atWork('solo')
    const { execution } = await stage.wanda.must('startExecution', { runId, fence: 1, command: 'make' })
    await fail(runId)
    const { lease } = await stage.wanda.must('resumeRun', { runId, claim })
    await stage.wanda.must('startPhase', { runId, phase: 'work', fence: lease.fence })
    await stage.wanda.must('completeRun', { runId, fence: lease.fence })
    expect((await stage.vera.run(runId)).executions).toEqual([
      expect.objectContaining({ id: execution.id, end: 'CLOSED_BY_RUN', outcome: 'FAILED' }),
    ])
  })

  it('can’t be reported for a run in the queue by who does not work', async () => {
    const runId = await start()
    expect(await stage.olga.send('failRun', { runId, error: 'x' })).toEqual(
      refusal('Forbidden', { requiredRole: 'WORKER' }),
    )
    expect(await stage.wanda.send('failRun', { runId, error: 'x', fence: 1 })).toEqual(refusal('LeaseLost'))
    expect(
      await stage.wanda.must('failRun', { runId, error: 'no such branch', reason: 'START_FAILED' }),
    ).toMatchObject({
      run: { status: 'FAILED', reason: 'START_FAILED' },
    })
  })
})

describe('what is not there', () => {
  it('is told by what it is: a workflow, a run to claim, a run', async () => {
    expect(await stage.olga.send('startRun', { workflow: 'nope' })).toEqual(
      refusal('NotFound', {
        kind: 'WORKFLOW',
        id: 'nope',
        message: expect.stringMatching(/there are .*solo/),
      }),
    )
    expect(await stage.olga.send('startRun', { workflow: 'solo', version: 7 })).toMatchObject({
      __typename: 'NotFound',
      kind: 'WORKFLOW',
      id: 'solo',
      message: expect.stringContaining('version 7'),
    })
    expect(await stage.wanda.send('claimRun', { owner: 'w', labels: ['of no run'] })).toEqual(
      refusal('NothingToClaim'),
    )
    const runId = 'run_01jd0000000000000000000000'
    for (const name of ['pauseRun', 'resumeRun', 'cancelRun', 'deleteRun'])
      expect(await stage.olga.send(name, { runId })).toEqual(refusal('NotFound', { kind: 'RUN', id: runId }))
  })

  it('of a workflow is registered for good: another definition of the same version is refused', async () => {
    expect(await stage.olga.must('registerWorkflow', { definition: SOLO })).toMatchObject({
      hasChanged: false,
    })
    const definition = { ...SOLO, maxResumes: 3 }
    expect(await stage.olga.send('registerWorkflow', { definition })).toEqual(
      refusal('WorkflowMismatch', { name: 'solo', version: 1 }),
    )
    expect(
      await stage.olga.must('registerWorkflow', { definition: { ...definition, version: 2 } }),
    ).toMatchObject({
      hasChanged: true,
      workflow: { version: 2 },
    })
  })
})

describe('a file that is larger than the server takes', () => {
  it('is a bad input: nothing of it is kept', async () => {
    const runId = await stage.atWork('deliver')
    const { revision } = await stage.vera.run(runId)
    const file = { runId, phase: 'plan', path: 'plan.md', fence: 1 }
    expect(await stage.wanda.send('submitArtifact', { ...file, content: 'x'.repeat(1001) })).toEqual(
      refusal('InvalidInput', { issues: [expect.objectContaining({ path: ['content'] })] }),
    )
    // bytes are counted, not characters
    expect(await stage.wanda.send('submitArtifact', { ...file, content: 'ü'.repeat(501) })).toEqual(
      refusal('InvalidInput'),
    )
    expect((await stage.vera.run(runId)).revision).toBe(revision)
    expect(await stage.wanda.must('submitArtifact', { ...file, content: 'ü'.repeat(500) })).toMatchObject({
      artifact: { isValid: true, size: 1000 },
    })
  })
})

describe('a process of no run', () => {
  it('belongs to who started it', async () => {
    const { execution } = await stage.wanda.must('startExecution', { command: 'make' })
    const { secret } = await stage.adam.must('createToken', { principal: { name: 'wim' }, role: 'WORKER' })
    const end = { executionId: execution.id, exitCode: 0 }
    expect(await stage.join(secret).send('finishExecution', end)).toEqual(refusal('Forbidden'))
    expect(await stage.wanda.must('finishExecution', end)).toMatchObject({ outcome: 'SUCCESS' })
  })
})
