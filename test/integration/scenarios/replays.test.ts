import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Data, openStage, refusal, type Stage } from './stage.ts'
import { DELIVER, RELAY, ROUNDS, SOLO } from './workflows.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage([DELIVER, RELAY, ROUNDS, SOLO])
})
afterAll(() => stage.end())

const claim = { owner: 'wanda', leaseSeconds: 600 }
const start = async (rest: object = {}): Promise<string> =>
  (await stage.olga.must('startRun', { workflow: 'solo', ...rest })).run.id

describe('a key', () => {
  it('that comes many times at once is one change (G7)', async () => {
    const input = { workflow: 'solo', concurrencyKey: 'once', idempotencyKey: 'at-once' }
    const answers = await Promise.all(Array.from({ length: 10 }, () => stage.olga.must('startRun', input)))
    expect(new Set(answers.map(({ run }) => run.id)).size).toBe(1)
    expect(answers.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1)
  })

  it('counts in its project and for its mutation alone', async () => {
    const idempotencyKey = 'shared'
    const here = await start({ idempotencyKey })
    const there = await start({ idempotencyKey, project: 'elsewhere' })
    expect(there).not.toBe(here)
    await stage.olga.must('pauseRun', { runId: here, idempotencyKey })
    expect(await stage.olga.send('pauseRun', { runId: there, idempotencyKey })).toMatchObject({
      isReplayed: false,
    })
    // another run of the same project under the same key
    const other = await start()
    expect(await stage.olga.send('pauseRun', { runId: other, idempotencyKey })).toEqual(
      refusal('IdempotencyMismatch', { differingPaths: ['runId'] }),
    )
  })

  it('of what was refused is kept by nobody: asked again, it is decided again', async () => {
    const runId = await stage.atWork('solo')
    const input = { runId, idempotencyKey: 'too-early' }
    expect(await stage.olga.send('resumeRun', input)).toMatchObject({ __typename: 'NotResumable' })
    await stage.olga.must('pauseRun', { runId })
    expect(await stage.olga.must('resumeRun', input)).toMatchObject({
      isReplayed: false,
      run: { status: 'RUNNING' },
    })
  })

  it('of a claim hands out the lease and the same token again while it is the caller’s, and not after (G4)', async () => {
    const runId = await start({ workflow: 'relay' })
    const input = { runId, ...claim, idempotencyKey: 'claim-once' }
    const first = await stage.wanda.must('claimRun', input)
    expect(await stage.wanda.must('claimRun', input)).toMatchObject({
      isReplayed: true,
      agentToken: first.agentToken,
      lease: { fence: 1 },
    })
    await stage.pass(runId, 601)
    await stage.wanda.must('claimRun', { runId, owner: 'second', leaseSeconds: 600 })
    expect(await stage.wanda.must('claimRun', input)).toMatchObject({
      isReplayed: true,
      agentToken: null,
      lease: null,
      run: { lease: { owner: 'second', fence: 2 } },
    })
  })

  it('of a claim shows a run whose owner was lost as it is now, and not as RUNNING (G5)', async () => {
    const runId = await start()
    const input = { runId, ...claim, idempotencyKey: 'claim-lost' }
    await stage.wanda.must('claimRun', input)
    await stage.pass(runId, 601)
    expect(await stage.wanda.must('claimRun', input)).toMatchObject({
      isReplayed: true,
      lease: null,
      run: { status: 'FAILED', reason: 'OWNER_LOST', lease: null },
    })
  })
})

describe('a deletion', () => {
  it('asked for again under its key is done, and for another run refused (G7)', async () => {
    const [first, second] = [await start(), await start()]
    for (const runId of [first, second]) await stage.olga.must('cancelRun', { runId })
    const idempotencyKey = 'delete-once'
    expect(await stage.olga.must('deleteRun', { runId: first, idempotencyKey })).toMatchObject({
      isReplayed: false,
    })
    expect(await stage.olga.must('deleteRun', { runId: first, idempotencyKey })).toMatchObject({
      runId: first,
      isReplayed: true,
    })
    const mismatch = refusal('IdempotencyMismatch', { differingPaths: ['runId'] })
    expect(await stage.olga.send('deleteRun', { runId: second, idempotencyKey })).toEqual(mismatch)
    // the key is looked at before the run is
    const active = await start()
    expect(await stage.olga.send('deleteRun', { runId: active, idempotencyKey })).toEqual(mismatch)
    expect(await stage.vera.run(second)).toMatchObject({ status: 'CANCELLED' })
  })
})

describe('a role that may not claim', () => {
  it('is told that there is no such run before it is told what it may not do', async () => {
    const runId = 'run_01jd0000000000000000000000'
    const { secret } = await stage.adam.must('createToken', { principal: { name: 'otto' }, role: 'OPERATOR' })
    const otto = stage.join(secret)
    expect(await otto.send('resumeRun', { runId, claim })).toEqual(
      refusal('NotFound', { kind: 'RUN', id: runId }),
    )
    const there: Data = await start()
    expect(await otto.send('resumeRun', { runId: there, claim })).toEqual(
      refusal('Forbidden', { requiredRole: 'WORKER' }),
    )
  })
})
