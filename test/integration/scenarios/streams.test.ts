import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askSocket, openSocket } from '../../support/socket.ts'
import { type Data, openStage, readFrame, type Stage, typesOf } from './stage.ts'
import { RELAY, SOLO } from './workflows.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage([RELAY, SOLO])
})
afterAll(() => stage.end())

const EVENTS = `subscription ($id: ID!, $after: Int, $until: RunStreamEnd! = FINAL) {
  runEventAppended(runId: $id, after: $after, until: $until) { seq epoch type } }`
const STATUS = `subscription ($id: ID!, $until: RunStreamEnd! = FINAL) {
  runChanged(runId: $id, until: $until) { status epoch revision isSettled isFinal } }`
const complete = (runId: string, fence = 1) => stage.wanda.must('completeRun', { runId, fence })
const fail = (runId: string) => stage.wanda.must('failRun', { runId, fence: 1, error: 'x' })

describe('a subscriber that joins after the end', () => {
  it('gets every event, the terminal one last, and completion (G8)', async () => {
    const runId = await stage.atWork('solo')
    await complete(runId)
    const log = await stage.vera.log(runId)
    const told = await stage.vera.follow(EVENTS, { id: runId })
    expect(told).toEqual(log.map(({ seq, epoch, type }: Data) => ({ seq, epoch, type })))
    expect(told.at(-1)).toMatchObject({ type: 'RUN_COMPLETED' })
    expect(await stage.vera.follow(EVENTS, { id: runId, after: log.length - 1 })).toEqual([told.at(-1)])
    expect(await stage.vera.follow(EVENTS, { id: runId, after: log.length })).toEqual([])
  })

  it('gets one frame of the status, which is the settled one (G2)', async () => {
    const runId = await stage.atWork('solo')
    await complete(runId)
    expect(await stage.vera.follow(STATUS, { id: runId })).toEqual([
      { status: 'COMPLETED', epoch: 1, revision: 6, isSettled: true, isFinal: true },
    ])
  })

  it('of a failed run gets an end where it asks for one, and the next epoch where it does not (G2, G8)', async () => {
    const runId = await stage.atWork('solo')
    await fail(runId)
    const told = await stage.vera.follow(EVENTS, { id: runId, until: 'SETTLED' })
    expect(told.at(-1)).toMatchObject({ type: 'RUN_FAILED', epoch: 1 })
    await stage.olga.must('resumeRun', { runId })
    await stage.olga.must('cancelRun', { runId })
    const all = await stage.vera.follow(EVENTS, { id: runId })
    expect(all.slice(0, told.length)).toEqual(told)
    expect(all.slice(told.length)).toEqual([
      expect.objectContaining({ type: 'RUN_RESUMED', epoch: 2 }),
      expect.objectContaining({ type: 'RUN_CANCELLED', epoch: 2 }),
    ])
  })
})

describe('a subscriber of a live run', () => {
  it('gets history and future with no gap and no double at the seam, wherever it joins (G8)', async () => {
    const runId = await stage.atWork('solo')
    const joined = Array.from({ length: 6 }, (_, after) => stage.vera.follow(EVENTS, { id: runId, after }))
    for (let time = 0; time < 5; time++)
      await stage.olga.must('sendMessage', { runId, text: `message ${time}` })
    const late = stage.vera.follow(EVENTS, { id: runId })
    await complete(runId)
    const log = await stage.vera.log(runId)
    const expected = log.map(({ seq, epoch, type }: Data) => ({ seq, epoch, type }))
    expect(await late).toEqual(expected)
    for (const [after, told] of (await Promise.all(joined)).entries())
      expect(told).toEqual(expected.slice(after))
  })

  it('never sees a status go back, however often it changes (G2)', async () => {
    const runId = await stage.atWork('solo')
    const followed = stage.vera.follow(STATUS, { id: runId })
    for (let time = 0; time < 10; time++) {
      await stage.olga.must('pauseRun', { runId })
      await stage.olga.must('resumeRun', { runId })
    }
    await complete(runId)
    const frames = await followed
    const order = frames.map(({ epoch, revision }) => epoch * 1000 + revision)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(new Set(order).size).toBe(order.length)
    expect(frames.at(-1)).toMatchObject({ status: 'COMPLETED', isFinal: true })
    expect(frames.slice(0, -1).every(({ isSettled }) => !isSettled)).toBe(true)
  })

  it('is told why it gets nothing: an unknown run, or one that is not for it', async () => {
    const unknown = 'run_01jd0000000000000000000000'
    await expect(stage.vera.follow(EVENTS, { id: unknown })).rejects.toThrow('RUN_NOT_FOUND')
    const { secret } = await stage.adam.must('createToken', {
      principal: { name: 'w' },
      role: 'VIEWER',
      projects: ['quiet'],
    })
    const runId = await stage.atWork('solo')
    await expect(stage.join(secret).follow(EVENTS, { id: runId })).rejects.toThrow('FORBIDDEN')
  })
})

describe('an owner’s stream of directives', () => {
  const DIRECTIVES =
    'subscription ($id: ID!, $fence: Int!) { directiveIssued(runId: $id, fence: $fence) { kind } }'

  it('tells of pause, resume and cancel, and ends with STOP', async () => {
    const runId = await stage.atWork('solo')
    const socket = await openSocket(stage.server, stage.wanda.token)
    const first = await askSocket(socket, DIRECTIVES, { variables: { id: runId, fence: 1 } })
    expect(readFrame(first)).toEqual({ kind: 'CONTINUE' })
    const steps: [change: () => Promise<Data>, kind: string][] = [
      [() => stage.olga.must('pauseRun', { runId }), 'PAUSE'],
      [() => stage.olga.must('resumeRun', { runId }), 'CONTINUE'],
      [() => stage.olga.must('sendMessage', { runId, text: 'hurry' }), 'MESSAGE'],
      [() => stage.olga.must('cancelRun', { runId }), 'CANCEL'],
      [() => stage.wanda.must('confirmCancel', { runId, fence: 1 }), 'STOP'],
    ]
    for (const [change, kind] of steps) {
      await change()
      expect(readFrame(await socket.next())).toEqual({ kind })
    }
    expect(await socket.next()).toMatchObject({ type: 'complete' })
    socket.close()
  })

  it('of a claim that is over says LEASE_LOST, and ends', async () => {
    const runId = await stage.atWork('relay')
    await stage.wanda.must('releaseRun', { runId, fence: 1 })
    await stage.wanda.must('claimRun', { runId, owner: 'second', leaseSeconds: 600 })
    expect(await stage.wanda.follow(DIRECTIVES, { id: runId, fence: 1 })).toEqual([{ kind: 'LEASE_LOST' }])
  })
})

describe('the board’s feed', () => {
  it('reports every run that changed since the list was made, and of the one that is gone (G8)', async () => {
    const project = 'board'
    const { secret } = await stage.adam.must('createToken', {
      principal: { name: 'bo' },
      role: 'ADMIN',
      projects: [project],
    })
    const bo = stage.join(secret)
    const start = async () => (await bo.must('startRun', { workflow: 'solo' })).run.id as string
    const [kept, gone] = [await start(), await start()]
    await bo.must('cancelRun', { runId: gone })
    const { runs } = await bo.read('{ runs { totalCount feedCursor } }')
    expect(runs.totalCount).toBe(2)
    await bo.must('pauseRun', { runId: kept })
    await bo.must('deleteRun', { runId: gone })
    const born = await start()
    const socket = await openSocket(stage.server, secret)
    const FEED = 'subscription ($after: String) { runsChanged(after: $after) { kind runId run { status } } }'
    const frames = [readFrame(await askSocket(socket, FEED, { variables: { after: runs.feedCursor } }))]
    while (new Set(frames.map(({ runId }) => runId)).size < 3) frames.push(readFrame(await socket.next()))
    expect(new Map(frames.map(({ runId, kind, run }) => [runId, [kind, run?.status]]))).toEqual(
      new Map([
        [kept, ['UPSERTED', 'PAUSED']],
        [gone, ['DELETED', undefined]],
        [born, ['UPSERTED', 'QUEUED']],
      ]),
    )
    socket.close()
  })
})

describe('a log', () => {
  it('is numbered without gaps, and its last number is the run’s revision (G6)', async () => {
    const runId = await stage.atWork('relay')
    await stage.pass(runId, 601)
    await stage.wanda.must('claimRun', { runId, owner: 'second' })
    await complete(runId, 2)
    const log = await stage.vera.log(runId)
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1))
    expect((await stage.vera.run(runId)).revision).toBe(log.length)
    expect(typesOf(log)).toEqual([
      'RUN_CREATED',
      'ROUND_OPENED',
      'RUN_CLAIMED',
      'PHASE_STARTED',
      'RUN_REQUEUED',
      'RUN_CLAIMED',
      'PHASE_COMPLETED',
      'RUN_COMPLETED',
    ])
    const verify =
      'query ($id: ID!) { verifyRun(id: $id) { ... on VerifyRunSuccess { isConsistent differences eventsChecked } } }'
    expect(await stage.vera.read(verify, { id: runId })).toEqual({
      verifyRun: { isConsistent: true, differences: [], eventsChecked: log.length },
    })
  })
})
