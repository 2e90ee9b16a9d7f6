import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStage, refusal, type Stage, typesOf } from './stage.ts'
import { DELIVER, RELAY, SOLO } from './workflows.ts'

const STALE_AFTER = 3600
const DAY = 86_400
let stage: Stage
beforeAll(async () => {
  const config = { staleAfterSeconds: STALE_AFTER, orphanAfterSeconds: 600, maxResumes: 2 }
  stage = await openStage([DELIVER, RELAY, SOLO], { config })
})
afterAll(() => stage.end())

const claim = { owner: 'wanda', leaseSeconds: 600 }
const start = async (rest: object = {}): Promise<string> =>
  (await stage.olga.must('startRun', { workflow: 'solo', ...rest })).run.id
const claimed = (rest: object = {}) => stage.wanda.send('startRun', { workflow: 'solo', claim, ...rest })
const fail = (runId: string, fence = 1) => stage.wanda.must('failRun', { runId, fence, error: 'broken' })

describe('a run that nobody minds', () => {
  it('expires for silence, once; one with a process in flight does not (G2, G5)', async () => {
    const silent = await start()
    // claimed without a lease, the claim does not end by itself, and neither do its processes
    const { run: busy } = await claimed({ claim: { owner: 'agent', leaseSeconds: 0 } })
    const launch = { runId: busy.id, fence: 1, command: 'sleep' }
    const { execution } = await stage.wanda.must('startExecution', launch)
    // a question that waits for ever would keep the run for ever
    const limit = { expiresInSeconds: 90 * DAY, onExpiry: 'REJECT' }
    const question = { runId: busy.id, fence: 1, gate: 'go', question: 'Go on?', ...limit }
    await stage.wanda.must('requestApproval', question)
    const fresh = await start()
    for (const id of [silent, busy.id]) await stage.pass(id, 30 * DAY)
    await stage.adam.must('sweep', {})
    const expired = await stage.vera.run(silent)
    expect(expired).toMatchObject({
      status: 'EXPIRED',
      reason: 'STALE',
      outcome: 'INCOMPLETE',
      isFinal: true,
    })
    expect((await stage.vera.log(silent)).at(-1)).toMatchObject({
      type: 'RUN_EXPIRED',
      actor: { kind: 'SYSTEM', name: 'system' },
    })
    expect(await stage.adam.must('sweep', {})).toMatchObject({ expired: [], lapsed: [] })
    expect((await stage.vera.run(silent)).revision).toBe(expired.revision)
    expect(await stage.vera.run(fresh)).toMatchObject({ status: 'QUEUED' })
    expect(await stage.vera.run(busy.id)).toMatchObject({
      status: 'AWAITING_APPROVAL',
      executions: [{ end: null }],
    })

    // once it has ended, silence counts from there
    await stage.wanda.must('finishExecution', { executionId: execution.id, fence: 1, exitCode: 0 })
    expect(await stage.vera.run(busy.id)).toMatchObject({ status: 'AWAITING_APPROVAL' })
    await stage.pass(busy.id, STALE_AFTER + 1)
    expect(await stage.vera.run(busy.id)).toMatchObject({ status: 'EXPIRED', reason: 'STALE' })
  })

  it('does not expire while a person has paused it', async () => {
    const runId = await start()
    await stage.olga.must('pauseRun', { runId })
    await stage.pass(runId, 30 * DAY)
    await stage.adam.must('sweep', {})
    expect(await stage.vera.run(runId)).toMatchObject({ status: 'PAUSED' })
  })

  it('with an active child is untouched', async () => {
    const parentRunId = await start()
    const child = await start({ parentRunId })
    await stage.pass(parentRunId, 30 * DAY)
    expect(await stage.vera.run(parentRunId)).toMatchObject({ status: 'QUEUED' })
    await stage.olga.must('cancelRun', { runId: child })
    await stage.pass(parentRunId, 30 * DAY)
    expect(await stage.vera.run(parentRunId)).toMatchObject({ status: 'EXPIRED', reason: 'STALE' })
  })

  it('is never resumed, nor cancelled: final is final (G2)', async () => {
    const runId = await start()
    await stage.pass(runId, STALE_AFTER + 1)
    expect(await stage.olga.send('resumeRun', { runId })).toEqual(
      refusal('NotResumable', { because: 'FINAL', status: 'EXPIRED' }),
    )
    expect(await stage.olga.must('cancelRun', { runId })).toMatchObject({
      hasChanged: false,
      run: { status: 'EXPIRED' },
    })
    expect(await stage.wanda.send('claimRun', { runId, owner: 'w' })).toEqual(
      refusal('NotClaimable', { status: 'EXPIRED' }),
    )
    expect(await stage.olga.send('pauseRun', { runId })).toEqual(
      refusal('NotPausable', { status: 'EXPIRED' }),
    )
    expect(await stage.olga.send('sendMessage', { runId, text: 'hello?' })).toEqual(
      refusal('RunNotActive', { status: 'EXPIRED' }),
    )
  })
})

describe('an owner', () => {
  it('that is lost fails its run, which the next read finds without any sweep (G5)', async () => {
    const runId = await stage.atWork('solo')
    await stage.pass(runId, 601)
    expect(await stage.vera.run(runId)).toMatchObject({
      status: 'FAILED',
      reason: 'OWNER_LOST',
      outcome: 'FAILED',
      lease: null,
    })
    expect((await stage.vera.log(runId)).at(-1)).toMatchObject({
      type: 'RUN_FAILED',
      actor: { kind: 'SYSTEM', name: 'system' },
    })
  })

  it('that is lost hands over to the next one, so often and no more (G4, G5)', async () => {
    const runId = await stage.atWork('relay')
    await stage.pass(runId, 601)
    // the claim finds the lapse by itself
    expect(await stage.wanda.must('claimRun', { runId, owner: 'second', leaseSeconds: 600 })).toMatchObject({
      lease: { fence: 2, owner: 'second' },
      run: { status: 'RUNNING', currentPhase: { status: 'RUNNING', attempts: 1 } },
    })
    expect(await stage.wanda.send('completeRun', { runId, fence: 1 })).toEqual(
      refusal('LeaseLost', { yourFence: 1, currentFence: 2 }),
    )
    await stage.pass(runId, 601)
    expect(await stage.vera.run(runId)).toMatchObject({ status: 'FAILED', reason: 'TAKEOVER_CAP' })
  })

  it('whose lease has expired can’t renew it, nor anything else (G4)', async () => {
    const runId = await stage.atWork('relay')
    await stage.pass(runId, 601)
    const lost = refusal('LeaseLost', { yourFence: 1 })
    expect(await stage.wanda.send('renewLease', { runId, fence: 1 })).toEqual(lost)
    expect(await stage.wanda.send('completeRun', { runId, fence: 1 })).toEqual(lost)
    expect(await stage.wanda.send('releaseRun', { runId, fence: 1 })).toEqual(lost)
  })

  it('keeps its lease over a pause and a cancel, so that nobody claims before it has stopped (G4)', async () => {
    const runId = await stage.atWork('solo')
    await stage.olga.must('pauseRun', { runId })
    const other = { runId, owner: 'other' }
    expect(await stage.adam.send('claimRun', other)).toEqual(
      refusal('NotClaimable', {
        status: 'PAUSED',
        heldBy: expect.objectContaining({ owner: 'wanda', isLive: true }),
      }),
    )
    expect(await stage.adam.send('resumeRun', { runId, claim: { owner: 'other' } })).toEqual(
      refusal('NotResumable', { because: 'OWNED' }),
    )
    expect(await stage.wanda.must('renewLease', { runId, fence: 1 })).toMatchObject({
      directives: [{ kind: 'PAUSE' }],
    })
    expect(await stage.wanda.send('startPhase', { runId, phase: 'work', fence: 1 })).toEqual(
      refusal('RunNotActive'),
    )
    expect(await stage.olga.must('resumeRun', { runId })).toMatchObject({
      run: { status: 'RUNNING', lease: { fence: 1 } },
    })
    await stage.olga.must('cancelRun', { runId })
    expect(await stage.adam.send('claimRun', other)).toEqual(
      refusal('NotClaimable', { status: 'CANCELLING' }),
    )
  })

  it('that confirms a cancel proves it, one that is never heard of again does not (G9)', async () => {
    const proven = await stage.atWork('solo')
    await stage.olga.must('cancelRun', { runId: proven })
    expect(await stage.wanda.send('completeRun', { runId: proven, fence: 1 })).toEqual(
      refusal('NotCompletable', { status: 'CANCELLING' }),
    )
    expect(await stage.wanda.must('confirmCancel', { runId: proven, fence: 1 })).toMatchObject({
      run: { status: 'CANCELLED', isCancelConfirmed: true },
    })
    const silent = await stage.atWork('solo')
    await stage.olga.must('cancelRun', { runId: silent })
    await stage.pass(silent, 20)
    expect(await stage.vera.run(silent)).toMatchObject({ status: 'CANCELLING', isCancelConfirmed: null })
    await stage.pass(silent, 11)
    expect(await stage.vera.run(silent)).toMatchObject({ status: 'CANCELLED', isCancelConfirmed: false })
    const released = await stage.atWork('solo')
    await stage.olga.must('cancelRun', { runId: released })
    expect(await stage.wanda.must('releaseRun', { runId: released, fence: 1 })).toMatchObject({
      run: { status: 'CANCELLED', isCancelConfirmed: false },
    })
  })

  it('that renews for an hour keeps a run CANCELLING for the grace only, and what it holds until it gives it back', async () => {
    const concurrencyKey = 'one-place'
    const frozen = await stage.atWork('solo', {
      concurrencyKey,
      claim: { owner: 'wanda', leaseSeconds: 600 },
    })
    await stage.olga.must('cancelRun', { runId: frozen })
    const before = (await stage.vera.run(frozen)).lease.expiresAt
    const renewed = await stage.wanda.must('renewLease', { runId: frozen, fence: 1, leaseSeconds: 3600 })
    // never beyond the grace, and never sooner than it was
    expect(renewed.lease.expiresAt).toBe(before)
    await stage.pass(frozen, 100)
    expect(await stage.vera.run(frozen)).toMatchObject({
      status: 'CANCELLED',
      isCancelConfirmed: false,
      lease: { fence: 1, isLive: true },
    })
    // its owner hears STOP on every way, and never that it should claim again
    const stop = { status: 'CANCELLED', directive: 'STOP' }
    for (const [mutation, input] of [
      ['renewLease', {}],
      ['confirmCancel', {}],
      ['completeRun', {}],
      ['startPhase', { phase: 'work' }],
      ['startExecution', { command: 'agent' }],
    ] as const)
      expect(await stage.wanda.send(mutation, { runId: frozen, fence: 1, ...input })).toEqual(
        refusal('RunNotActive', { ...stop, message: expect.not.stringContaining('claim again') }),
      )
    const next = { workflow: 'solo', concurrencyKey }
    expect(await stage.olga.send('startRun', next)).toEqual(
      refusal('ConcurrencyConflict', { holder: expect.objectContaining({ id: frozen }) }),
    )
    await stage.wanda.must('releaseRun', { runId: frozen, fence: 1 })
    await stage.olga.must('startRun', next)
    expect(await stage.wanda.send('renewLease', { runId: frozen, fence: 1 })).toEqual(refusal('LeaseLost'))
  })

  it('that renews while it is being cancelled gets no more than the grace', async () => {
    const runId = await stage.atWork('solo', { claim: { owner: 'wanda', leaseSeconds: 5 } })
    await stage.olga.must('cancelRun', { runId })
    const { lease, asOf, cancelGraceSeconds } = await stage.wanda.must('renewLease', {
      runId,
      fence: 1,
      leaseSeconds: 3600,
    })
    expect(cancelGraceSeconds).toBe(30)
    const seconds = (Date.parse(lease.expiresAt) - Date.parse(asOf)) / 1000
    expect(seconds).toBeGreaterThan(5)
    expect(seconds).toBeLessThanOrEqual(30)
  })

  it('without a lease is lost by silence alone, later where a process is in flight (G5)', async () => {
    const { run } = await claimed({ claim: { owner: 'agent', leaseSeconds: 0 } })
    const { run: busy } = await claimed({ claim: { owner: 'agent', leaseSeconds: 0 } })
    await stage.wanda.must('startExecution', { runId: busy.id, fence: 1, command: 'sleep' })
    for (const { id } of [run, busy]) await stage.pass(id, 601)
    expect(await stage.vera.run(run.id)).toMatchObject({ status: 'FAILED', reason: 'OWNER_LOST' })
    expect(await stage.vera.run(busy.id)).toMatchObject({ status: 'RUNNING' })
    await stage.pass(busy.id, STALE_AFTER)
    expect(await stage.vera.run(busy.id)).toMatchObject({
      status: 'FAILED',
      reason: 'OWNER_LOST',
      executions: [{ end: 'SUPERVISOR_LOST' }],
    })
  })
})

describe('a resume', () => {
  it('of a run with an error keeps it in the event, and clears it on the run', async () => {
    const runId = await stage.atWork('solo')
    await fail(runId)
    const { settledAt } = (
      await stage.vera.read('query ($id: ID!) { run(id: $id) { settledAt } }', { id: runId })
    ).run
    expect(await stage.olga.must('resumeRun', { runId })).toMatchObject({
      run: { status: 'QUEUED', epoch: 2, error: null, reason: null, settledAt: null, outcome: null },
    })
    expect((await stage.vera.log(runId)).at(-1)).toMatchObject({
      type: 'RUN_RESUMED',
      payload: { from: 'FAILED', to: 'QUEUED', error: 'broken', reason: 'REPORTED_FAILURE', settledAt },
    })
  })

  it('is granted so often and no more', async () => {
    const runId = await start()
    for (const fence of [1, 2]) {
      await stage.wanda.must('claimRun', { runId, owner: 'wanda' })
      await fail(runId, fence)
      await stage.olga.must('resumeRun', { runId })
    }
    // while it is queued nobody owns it, and it may be failed without a fence
    await stage.wanda.must('failRun', { runId, error: 'never again' })
    expect(await stage.olga.send('resumeRun', { runId })).toEqual(
      refusal('NotResumable', { because: 'RESUME_CAP' }),
    )
  })

  it('is one among many at once (G1)', async () => {
    const runId = await stage.atWork('solo')
    await fail(runId)
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => stage.olga.send('resumeRun', { runId })),
    )
    expect(answers.filter(({ __typename }) => __typename === 'ResumeRunSuccess')).toHaveLength(1)
    for (const answer of answers.filter(({ __typename }) => __typename !== 'ResumeRunSuccess'))
      expect(answer).toEqual(refusal('NotResumable', { because: 'QUEUED', status: 'QUEUED' }))
    expect(typesOf(await stage.vera.log(runId)).filter((type) => type === 'RUN_RESUMED')).toHaveLength(1)
  })

  it('of what runs, waits or is over says why not', async () => {
    const running = await stage.atWork('solo')
    expect(await stage.olga.send('resumeRun', { runId: running })).toEqual(
      refusal('NotResumable', { because: 'OWNED' }),
    )
    const queued = await start()
    expect(await stage.olga.send('resumeRun', { runId: queued })).toEqual(
      refusal('NotResumable', { because: 'QUEUED' }),
    )
    await stage.olga.must('cancelRun', { runId: running })
    expect(await stage.olga.send('resumeRun', { runId: running })).toEqual(
      refusal('NotResumable', { because: 'CANCELLING' }),
    )
  })
})

describe('a concurrency key', () => {
  it('in use refuses a start, and the holder is told', async () => {
    const concurrencyKey = 'branch-1'
    const holder = await start({ concurrencyKey })
    expect(await stage.olga.send('startRun', { workflow: 'solo', concurrencyKey })).toEqual(
      refusal('ConcurrencyConflict', { holder: expect.objectContaining({ id: holder, status: 'QUEUED' }) }),
    )
    // another project has keys of its own
    await start({ concurrencyKey, project: 'elsewhere' })
    await stage.olga.must('cancelRun', { runId: holder })
    await start({ concurrencyKey })
  })

  it('taken in the meantime refuses a resume, and one whose failed run is still held refuses a start', async () => {
    const concurrencyKey = 'branch-2'
    const failed = await stage.atWork('solo', { concurrencyKey })
    await stage.olga.must('pauseRun', { runId: failed })
    await stage.olga.must('resumeRun', { runId: failed })
    await fail(failed)
    const holder = await start({ concurrencyKey })
    expect(await stage.olga.send('resumeRun', { runId: failed })).toEqual(
      refusal('ConcurrencyConflict', { holder: expect.objectContaining({ id: holder }) }),
    )
    expect(await stage.vera.run(failed)).toMatchObject({ status: 'FAILED', epoch: 1, error: 'broken' })
    await stage.olga.must('cancelRun', { runId: holder })
    expect(await stage.olga.must('resumeRun', { runId: failed })).toMatchObject({ run: { epoch: 2 } })
  })
})

describe('a run that continues where another ended', () => {
  it('is none of a run that is active', async () => {
    const continuesRunId = await stage.atWork('solo')
    expect(await stage.olga.send('startRun', { workflow: 'solo', continuesRunId })).toEqual(
      refusal('InvalidInput', { issues: [expect.objectContaining({ path: ['continuesRunId'] })] }),
    )
  })

  it('is of the same workflow, and waits until the last owner has stopped', async () => {
    const continuesRunId = await stage.atWork('deliver')
    await stage.wanda.must('submitArtifact', {
      runId: continuesRunId,
      phase: 'plan',
      path: 'plan.md',
      content: 'x',
      fence: 1,
    })
    const { approvals } = await stage.vera.run(continuesRunId)
    const { id: approvalId, digest } = approvals[0]
    await stage.olga.must('decideApproval', { approvalId, digest, decision: 'REJECT' })
    await fail(continuesRunId)
    expect(await stage.olga.send('startRun', { workflow: 'solo', continuesRunId })).toEqual(
      refusal('WorkflowMismatch', { name: 'deliver', version: 1 }),
    )
    expect(await stage.olga.must('startRun', { workflow: 'deliver', continuesRunId })).toMatchObject({
      run: { continues: { id: continuesRunId }, round: 1, status: 'QUEUED' },
    })
  })
})

describe('a deletion', () => {
  it('is of what is settled and held by nobody', async () => {
    const runId = await stage.atWork('solo')
    expect(await stage.olga.send('deleteRun', { runId })).toEqual(
      refusal('NotDeletable', { status: 'RUNNING' }),
    )
    await fail(runId)
    expect(await stage.olga.must('deleteRun', { runId })).toMatchObject({ runId })
    expect(await stage.olga.send('deleteRun', { runId })).toEqual(
      refusal('NotFound', { kind: 'RUN', id: runId }),
    )
    expect(await stage.vera.read('query ($id: ID!) { run(id: $id) { id } }', { id: runId })).toEqual({
      run: null,
    })
  })
})

describe('a revision', () => {
  it('that is not the present one refuses what was decided on it, and nothing is changed (G1)', async () => {
    const runId = await stage.atWork('solo')
    const { revision } = await stage.vera.run(runId)
    const stale = refusal('RevisionConflict', { expected: revision - 1, actual: revision })
    const ifRevision = revision - 1
    expect(await stage.olga.send('pauseRun', { runId, ifRevision })).toEqual(stale)
    expect(await stage.olga.send('cancelRun', { runId, ifRevision })).toEqual(stale)
    expect(await stage.olga.send('resumeRun', { runId, ifRevision })).toEqual(stale)
    expect(await stage.wanda.send('completeRun', { runId, fence: 1, ifRevision })).toEqual(stale)
    expect(await stage.wanda.send('advancePhase', { runId, to: 'work', fence: 1, ifRevision })).toEqual(stale)
    expect((await stage.vera.run(runId)).revision).toBe(revision)
    expect(await stage.olga.must('pauseRun', { runId, ifRevision: revision })).toMatchObject({
      run: { status: 'PAUSED' },
    })
  })
})
