import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { holdRow, untilBlocked } from '../../support/race.ts'
import { toUrl } from '../../support/server.ts'
import { spawnServer } from '../../support/spawnServer.ts'
import { type Data, openStage, refusal, type Stage, typesOf } from './stage.ts'
import { SOLO } from './workflows.ts'

let database: TestDatabase
let stage: Stage
beforeAll(async () => {
  database = await createTestDatabase()
  stage = await openStage([SOLO], { database })
})
afterAll(async () => {
  await stage.end()
  await database.drop()
})

const claim = { owner: 'wanda', leaseSeconds: 600 }
const start = async (rest: object = {}): Promise<string> =>
  (await stage.olga.must('startRun', { workflow: 'solo', ...rest })).run.id
const held = (parentRunId: string) => stage.atWork('solo', { parentRunId, claim })
const cancel = (runId: string, rest: object = {}) => stage.olga.must('cancelRun', { runId, ...rest })

describe('a parent that settles undone', () => {
  it('has its children cancelled in the same request, their owners asked to stop first (G9)', async () => {
    const parent = await start()
    const [waiting, busy] = [await start({ parentRunId: parent }), await held(parent)]
    const grandchild = await start({ parentRunId: waiting })
    const done = await held(parent)
    await stage.wanda.must('completeRun', { runId: done, fence: 1 })
    expect(await cancel(parent)).toMatchObject({
      run: { status: 'CANCELLED' },
      childrenCancelled: 2,
      childrenLeft: [{ id: busy, status: 'CANCELLING' }],
    })
    for (const id of [waiting, grandchild])
      expect(await stage.vera.run(id)).toMatchObject({ status: 'CANCELLED', reason: 'CLOSED_BY_PARENT' })
    expect(await stage.vera.run(done)).toMatchObject({ status: 'COMPLETED' })
    await stage.wanda.must('confirmCancel', { runId: busy, fence: 1 })
    expect(await stage.vera.run(busy)).toMatchObject({
      status: 'CANCELLED',
      reason: 'CLOSED_BY_PARENT',
      isCancelConfirmed: true,
    })
  })

  it('leaves them alone where it is told to, and the sweep does too', async () => {
    const parent = await start()
    const child = await start({ parentRunId: parent })
    expect(await cancel(parent, { isCascading: false })).toMatchObject({
      childrenCancelled: 0,
      childrenLeft: [{ id: child, status: 'QUEUED' }],
    })
    await stage.adam.must('sweep', {})
    expect(await stage.vera.run(child)).toMatchObject({ status: 'QUEUED' })
    await stage.wanda.must('claimRun', { runId: child, owner: 'wanda' })
  })

  it('is CANCELLING and takes them along all the same: none continues, and none is started', async () => {
    const parent = await stage.atWork('solo', { claim })
    const [waiting, busy] = [await start({ parentRunId: parent }), await held(parent)]
    const below = await held(busy)
    expect(await cancel(parent)).toMatchObject({
      run: { status: 'CANCELLING' },
      childrenCancelled: 1,
      childrenLeft: [{ id: busy, status: 'CANCELLING' }],
    })
    expect(await stage.vera.run(below)).toMatchObject({ status: 'CANCELLING' })
    expect(await stage.wanda.send('claimRun', { runId: waiting, owner: 'wanda' })).toEqual(
      refusal('NotClaimable', { status: 'CANCELLED' }),
    )
    for (const parentRunId of [parent, busy])
      expect(await stage.olga.send('startRun', { workflow: 'solo', parentRunId })).toEqual(
        refusal('RunNotActive', { status: 'CANCELLING' }),
      )
  })

  it('leaves a child alone that is detached, also by a person afterwards', async () => {
    const parent = await start()
    const alone = await start({ parentRunId: parent, isDetached: true })
    const later = await start({ parentRunId: parent })
    expect(await stage.olga.must('detachRun', { runId: later, comment: 'goes on' })).toMatchObject({
      hasChanged: true,
      run: { isDetached: true },
    })
    expect(await stage.olga.must('detachRun', { runId: later })).toMatchObject({ hasChanged: false })
    expect((await stage.vera.log(parent)).slice(-2)).toMatchObject([
      { type: 'CHILD_STARTED', payload: { runId: later, epoch: 1 } },
      { type: 'CHILD_DETACHED', payload: { runId: later, last: true } },
    ])
    const { childrenCancelled, childrenLeft } = await cancel(parent)
    expect([childrenCancelled, childrenLeft.map(({ id }: Data) => id)]).toEqual([0, [alone, later]])
    await stage.adam.must('sweep', {})
    for (const id of [alone, later]) expect(await stage.vera.run(id)).toMatchObject({ status: 'QUEUED' })
    expect(await stage.olga.send('detachRun', { runId: parent })).toEqual(
      refusal('InvalidInput', { issues: [expect.objectContaining({ path: ['runId'] })] }),
    )
    expect(await stage.wanda.send('detachRun', { runId: alone })).toEqual(refusal('Forbidden'))
    expect(await stage.olga.send('startRun', { workflow: 'solo', isDetached: true })).toEqual(
      refusal('InvalidInput', { issues: [expect.objectContaining({ path: ['isDetached'] })] }),
    )
  })

  it('is cancelled with all the others where one child can not be, which is named and stays owed', async () => {
    const parent = await start()
    const [first, stuck, last] = [
      await start({ parentRunId: parent }),
      await start({ parentRunId: parent }),
      await start({ parentRunId: parent }),
    ]
    const { pool } = stage.server.store
    await pool.query(`
      CREATE FUNCTION "refuse_stuck"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stuck'; END $$;
      CREATE TRIGGER "refuse_stuck" BEFORE UPDATE ON run FOR EACH ROW WHEN (OLD.id = '${stuck}')
        EXECUTE FUNCTION "refuse_stuck"();`)
    expect(await cancel(parent)).toMatchObject({
      run: { status: 'CANCELLED' },
      childrenCancelled: 2,
      childrenLeft: [{ id: stuck, status: 'QUEUED' }],
    })
    for (const id of [first, last]) expect(await stage.vera.run(id)).toMatchObject({ status: 'CANCELLED' })
    await pool.query('DROP TRIGGER "refuse_stuck" ON run')
    await stage.adam.must('sweep', {})
    expect(await stage.vera.run(stuck)).toMatchObject({ status: 'CANCELLED', reason: 'CLOSED_BY_PARENT' })
  })

  it('keeps its failed children from being resumed', async () => {
    const parent = await start()
    const child = await held(parent)
    await stage.wanda.must('failRun', { runId: child, fence: 1, error: 'x' })
    await cancel(parent, { isCascading: false })
    expect(await stage.olga.send('resumeRun', { runId: child })).toEqual(
      refusal('NotResumable', { because: 'PARENT' }),
    )
    expect(await stage.vera.run(child)).toMatchObject({ isResumable: false, nextAction: 'NONE' })
  })

  it('by failing has them cancelled too; by completing it leaves those that are detached', async () => {
    const failing = await stage.atWork('solo')
    const child = await start({ parentRunId: failing })
    await stage.wanda.must('failRun', { runId: failing, fence: 1, error: 'x' })
    expect(await stage.vera.run(child)).toMatchObject({ status: 'CANCELLED', reason: 'CLOSED_BY_PARENT' })
    const completing = await stage.atWork('solo')
    const other = await start({ parentRunId: completing, isDetached: true })
    await stage.wanda.must('completeRun', { runId: completing, fence: 1 })
    expect(await stage.vera.run(other)).toMatchObject({ status: 'QUEUED' })
  })
})

describe('a child that ends', () => {
  it('is an event on its parent while that is active, and nothing after (G2)', async () => {
    const parent = await start()
    const [first, second] = [await held(parent), await held(parent)]
    await stage.wanda.must('completeRun', { runId: first, fence: 1 })
    expect((await stage.vera.log(parent)).at(-1)).toMatchObject({
      type: 'CHILD_SETTLED',
      payload: { runId: first, status: 'COMPLETED', reason: 'COMPLETED', epoch: 1 },
    })
    await cancel(parent, { isCascading: false })
    const { revision } = await stage.vera.run(parent)
    await stage.wanda.must('failRun', { runId: second, fence: 1, error: 'x' })
    await stage.adam.must('sweep', {})
    expect((await stage.vera.run(parent)).revision).toBe(revision)
  })
})

describe('a parent of an active child', () => {
  it('is not completed before that has ended, and waits for it in the queue, where nobody claims it', async () => {
    const parent = await stage.atWork('solo', { labels: ['waits'] })
    const child = await start({ parentRunId: parent, labels: ['waits'] })
    const lacking = { kind: 'CHILD', phase: null }
    const missing = [expect.objectContaining({ ...lacking, detail: `its child ${child} is QUEUED` })]
    expect(await stage.vera.run(parent)).toMatchObject({ nextAction: 'WAIT', missingEvidence: [lacking] })
    expect(await stage.wanda.send('completeRun', { runId: parent, fence: 1 })).toEqual(
      refusal('NotCompletable', { status: 'RUNNING', missing }),
    )
    await stage.wanda.must('releaseRun', { runId: parent, fence: 1, isWaitingForChildren: true })
    expect(await stage.wanda.send('claimRun', { runId: parent, owner: 'wanda' })).toEqual(
      refusal('NotClaimable', { status: 'QUEUED', heldBy: null, children: [child] }),
    )
    // the only slot there is goes to the child
    const slot = { labels: ['waits'], owner: 'wanda', leaseSeconds: 600 }
    expect(await stage.wanda.must('claimRun', slot)).toMatchObject({ run: { id: child } })
    expect(await stage.wanda.send('claimRun', slot)).toEqual(refusal('NothingToClaim'))
    await stage.wanda.must('startPhase', { runId: child, phase: 'work', fence: 1 })
    await stage.wanda.must('completeRun', { runId: child, fence: 1 })
    expect((await stage.vera.log(parent)).at(-1)).toMatchObject({
      type: 'CHILD_SETTLED',
      payload: { runId: child, last: true },
    })
    expect(await stage.wanda.must('claimRun', slot)).toMatchObject({ run: { id: parent } })
    expect(await stage.wanda.must('completeRun', { runId: parent, fence: 2 })).toMatchObject({
      run: { status: 'COMPLETED' },
    })
  })
})

describe('a child', () => {
  it('is of an active parent that there is, five levels deep at most', async () => {
    const child = (parentRunId: string) => stage.olga.send('startRun', { workflow: 'solo', parentRunId })
    const unknown = 'run_01jd0000000000000000000000'
    expect(await child(unknown)).toEqual(refusal('NotFound', { kind: 'RUN', id: unknown }))
    const over = await start()
    await cancel(over)
    expect(await child(over)).toEqual(refusal('RunNotActive', { status: 'CANCELLED' }))
    let id = await start()
    for (let depth = 1; depth <= 5; depth++)
      id = (await stage.olga.must('startRun', { workflow: 'solo', parentRunId: id })).run.id
    expect(await child(id)).toEqual(
      refusal('InvalidInput', { issues: [expect.objectContaining({ path: ['parentRunId'] })] }),
    )
  })

  it('of a parent that was deleted has none', async () => {
    const parent = await start()
    const child = await start({ parentRunId: parent })
    await cancel(parent, { isCascading: false })
    await stage.olga.must('deleteRun', { runId: parent })
    expect(await stage.vera.run(child)).toMatchObject({ status: 'QUEUED', parent: null })
  })
})

describe('a server that dies between two applies', () => {
  /** Has another server asked for something, and killed while it waits for a row that is held. */
  async function dieOver(runId: string, mutation: string, input: object): Promise<void> {
    const { store } = stage.server
    const dataDir = await mkdtemp(join(tmpdir(), 'pawl-scenario-'))
    const server = await spawnServer(dataDir, { DATABASE_URL: toUrl(database.poolConfig) })
    const row = await holdRow(store.pool, runId)
    try {
      const token = await server.readToken()
      const asked = stage.join(token, server.url).send(mutation, input)
      await Promise.all([
        expect(asked).rejects.toThrow(),
        (async () => {
          await untilBlocked(store.pool, 1)
          server.child.kill('SIGKILL')
          await server.ended
          // the statement that waits is lost with the server
          await row.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
          )
        })(),
      ])
    } finally {
      await row.letGo()
      if (server.child.exitCode === null) server.child.kill('SIGKILL')
      await rm(dataDir, { recursive: true })
    }
  }

  it('has left a child uncancelled: the sweep cancels it (G5)', async () => {
    const parent = await start()
    const child = await start({ parentRunId: parent })
    await dieOver(child, 'cancelRun', { runId: parent })
    expect(await stage.vera.run(parent)).toMatchObject({ status: 'CANCELLED' })
    await stage.adam.must('sweep', {})
    expect(await stage.vera.run(child)).toMatchObject({ status: 'CANCELLED', reason: 'CLOSED_BY_PARENT' })
    const log = await stage.vera.log(child)
    await stage.adam.must('sweep', {})
    expect(await stage.vera.log(child)).toEqual(log)
  })

  it('has left a parent untold: the sweep tells it, once (G5)', async () => {
    const parent = await start()
    const child = await held(parent)
    await dieOver(parent, 'completeRun', { runId: child, fence: 1 })
    expect(await stage.vera.run(child)).toMatchObject({ status: 'COMPLETED' })
    await stage.adam.must('sweep', {})
    await stage.adam.must('sweep', {})
    const told = (await stage.vera.log(parent)).filter(({ type }: Data) => type === 'CHILD_SETTLED')
    expect(told).toEqual([
      expect.objectContaining({ payload: expect.objectContaining({ runId: child, status: 'COMPLETED' }) }),
    ])
    expect(typesOf(await stage.vera.log(child)).at(-1)).toBe('RUN_COMPLETED')
  })
})
