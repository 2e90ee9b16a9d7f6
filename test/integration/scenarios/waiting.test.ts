import { createPawl } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStage, refusal, type Stage } from './stage.ts'

const HURRIED = {
  name: 'hurried',
  version: 1,
  initialPhase: 'work',
  phases: [{ key: 'work', final: true, timeoutSeconds: 5 }],
  timeouts: { queueSeconds: 60 },
}

let stage: Stage
beforeAll(async () => {
  stage = await openStage([HURRIED])
})
afterAll(() => stage.end())

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()
const claim = { owner: 'wanda', leaseSeconds: 600 }
const waiting = `query ($id: ID!) { run(id: $id) { status claimableAt waitsFor nextAction allowedCommands } }`
const read = async (id: string) => (await stage.wanda.read(waiting, { id })).run

describe('a run that was released with a moment for its next claim', () => {
  it('waits in the queue, and is given to nobody before', async () => {
    const runId = await stage.atWork('hurried')
    const claimableAt = inSeconds(30)
    const release = {
      runId,
      fence: 1,
      claimableAt,
      waitsFor: 'the quota of the model',
      idempotencyKey: 'off',
    }
    await stage.wanda.must('releaseRun', release)
    expect(await stage.wanda.must('releaseRun', release)).toMatchObject({ isReplayed: true })
    expect(await stage.wanda.send('releaseRun', { ...release, claimableAt: inSeconds(60) })).toMatchObject({
      differingPaths: ['claimableAt'],
    })
    expect(await read(runId)).toMatchObject({
      ...{ status: 'QUEUED', claimableAt, waitsFor: 'the quota of the model', nextAction: 'WAIT' },
      allowedCommands: expect.not.arrayContaining(['CLAIM']),
    })
    const asked = { owner: 'other', leaseSeconds: 30 }
    expect(await stage.wanda.send('claimRun', { runId, ...asked })).toMatchObject({
      ...{ __typename: 'NotClaimable', status: 'QUEUED', claimableAt },
      message: expect.stringContaining('the quota of the model'),
    })
    expect(await stage.wanda.send('claimRun', asked)).toEqual(refusal('NothingToClaim'))
    await stage.pass(runId, 31)
    expect(await stage.wanda.must('claimRun', asked)).toMatchObject({ run: { id: runId, status: 'RUNNING' } })
    expect(await read(runId)).toMatchObject({ claimableAt: null, waitsFor: null })
    await stage.olga.must('cancelRun', { runId })
  })

  it('is not put off by more than 8 days', async () => {
    const runId = await stage.atWork('hurried')
    const issues = [expect.objectContaining({ path: ['claimableAt'] })]
    const late = { runId, fence: 1, claimableAt: inSeconds(8 * 86_400 + 60) }
    expect(await stage.wanda.send('releaseRun', late)).toEqual(refusal('InvalidInput', { issues }))
    await stage.olga.must('cancelRun', { runId })
  })

  it('is kept waiting by a pause, and taken up by a person who resumes it', async () => {
    const runId = await stage.atWork('hurried')
    await stage.wanda.must('releaseRun', { runId, fence: 1, claimableAt: inSeconds(30) })
    await stage.olga.must('pauseRun', { runId })
    expect(await stage.wanda.send('resumeRun', { runId, claim })).toMatchObject({
      ...{ __typename: 'NotClaimable', status: 'PAUSED', claimableAt: expect.any(String) },
    })
    await stage.olga.must('resumeRun', { runId })
    await stage.wanda.must('claimRun', { runId, ...claim })
    await stage.olga.must('cancelRun', { runId })
  })

  it('whose owner could not begin fails by its queue limit, counted from the first queueing', async () => {
    const { run } = await stage.olga.must('startRun', { workflow: 'hurried' })
    for (const fence of [1, 2, 3]) {
      await stage.wanda.must('claimRun', { runId: run.id, ...claim })
      await stage.wanda.must('releaseRun', {
        runId: run.id,
        fence,
        claimableAt: inSeconds(15),
        isBlocked: true,
      })
      await stage.pass(run.id, 16)
    }
    await stage.pass(run.id, 13)
    expect(await stage.vera.run(run.id)).toMatchObject({ status: 'FAILED', reason: 'QUEUE_TIMEOUT' })
  })

  it('is taken by a worker at that moment, without being looked for', async () => {
    const runId = await stage.atWork('hurried')
    const pawl = createPawl({ url: stage.server.url, token: stage.wanda.token })
    let take = (_runId: string): void => undefined
    const taken = new Promise<string>((resolve) => (take = resolve))
    const options = { owner: 'sam', workflows: ['hurried'], pollMs: 600_000 }
    const worker = pawl.worker(options, async (held) => {
      take(held.run.id)
      await held.fail({ error: 'enough' })
    })
    try {
      await stage.wanda.must('releaseRun', { runId, fence: 1, claimableAt: inSeconds(1) })
      expect(await taken).toBe(runId)
    } finally {
      await worker.stop()
    }
  })
})

describe('the limit of a phase', () => {
  it('does not count a pause that is longer than the limit', async () => {
    const runId = await stage.atWork('hurried')
    await stage.olga.must('pauseRun', { runId })
    await stage.pass(runId, 6)
    await stage.olga.must('resumeRun', { runId })
    expect(await stage.vera.run(runId)).toMatchObject({ status: 'RUNNING' })
    await stage.pass(runId, 6)
    expect(await stage.vera.run(runId)).toMatchObject({ status: 'FAILED', reason: 'PHASE_TIMEOUT' })
  })
})
