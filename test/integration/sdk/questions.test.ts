import { createPawl, unwrap } from '@pawl/sdk'
import type { Approval, OwnedRun, Pawl } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openStore, type Store } from '../../../src/store/sql/openStore.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { passTime } from '../../support/passTime.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

/** One phase, whose run goes back to the queue when its owner is lost. */
const WORKFLOW = {
  name: 'asking',
  version: 1,
  initialPhase: 'work',
  onOwnerLost: 'REQUEUE',
  phases: [{ key: 'work', final: true }],
}

const npm = { kind: 'EXECUTE', program: 'npm' } as const
const COLOUR = { type: 'object', properties: { colour: { type: 'string', enum: ['red', 'green'] } } }

let database: TestDatabase
let server: TestServer
let store: Store
let pawl: Pawl

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startTestServer({ database })
  store = openStore(database.poolConfig)
  pawl = createPawl({ url: server.url, token: server.adminToken, retry: { minDelayMs: 20, maxDelayMs: 200 } })
  unwrap(await pawl.workflows.register(WORKFLOW))
})
afterAll(async () => {
  await store.close()
  await server.stop()
  await database.drop()
})

/** Has a worker own a run at work, until the test is over. */
async function own(): Promise<OwnedRun> {
  const label = `only-${Math.random()}`
  const { run } = unwrap(await pawl.runs.start({ workflow: 'asking', labels: [label] }))
  const over = new AbortController()
  let take: (claimed: OwnedRun) => void = () => undefined
  const owned = new Promise<OwnedRun>((resolve) => (take = resolve))
  const worker = pawl.worker({ owner: 'asker', labels: [label], pollMs: 50 }, async (claimed) => {
    unwrap(await claimed.phases.start('work'))
    take(claimed)
    await new Promise((resolve) => {
      over.signal.addEventListener('abort', resolve)
      claimed.signal.addEventListener('abort', resolve)
    })
  })
  onTestFinished(async () => {
    over.abort()
    await worker.stop()
  })
  expect(run.status).toBe('QUEUED')
  return owned
}

/** The question that is open in a run, as soon as there is one. */
async function findOpen({ run }: OwnedRun, status: Approval['status'] = 'PENDING'): Promise<Approval> {
  for await (const _frame of pawl.runs.watch(run.id)) {
    const { nodes } = await pawl.approvals.list({ runId: run.id })
    const open = nodes.find((each) => each.status === status)
    if (open) return open
  }
  throw new Error('nothing is asked')
}

const statusOf = async ({ run }: OwnedRun) => (await pawl.runs.get(run.id))?.status

describe('an agent that asks in the middle of its turn', () => {
  it('continues with the answer, under the same owner, which was never interrupted', async () => {
    const owned = await own()
    const asked = owned.approvals.ask({ kind: 'QUESTION', question: 'Which?', answerSchema: COLOUR })
    const open = await findOpen(owned)
    expect(open).toMatchObject({
      decisions: ['ANSWER', 'DECLINE'],
      answerSchema: COLOUR,
      onExpiry: 'CONTINUE',
    })
    expect(await statusOf(owned)).toBe('AWAITING_APPROVAL')
    const { id, digest } = open
    const wrong = await pawl.approvals.decide(id, { decision: 'ANSWER', digest, answer: { colour: 'blue' } })
    expect(wrong).toMatchObject({ __typename: 'InvalidInput', issues: [{ path: ['answer', 'colour'] }] })
    unwrap(await pawl.approvals.decide(id, { decision: 'ANSWER', digest, answer: { colour: 'red' } }))
    const { approval } = unwrap(await asked)
    expect(approval).toMatchObject({ id, status: 'ANSWERED', answer: { colour: 'red' } })
    expect(owned.interruption).toBeUndefined()
    expect(await statusOf(owned)).toBe('RUNNING')
    const late = await pawl.approvals.decide(id, { decision: 'DECLINE', digest })
    expect(late).toMatchObject({ __typename: 'AlreadyDecided', approval: { status: 'ANSWERED' } })
    expect(await pawl.runs.verify(owned.run.id)).toMatchObject({ isConsistent: true })
  })

  it('is not asked again for what was allowed always, and holds other questions back', async () => {
    const owned = await own()
    const { session } = unwrap(await owned.sessions.open({ role: 'worker', adapter: 'test' }))
    const ask = (program: string) =>
      owned.approvals.ask({
        kind: 'PERMISSION',
        question: 'May I?',
        permission: { ...npm, program },
        sessionId: session.id,
      })
    const [first, second] = [ask('npm'), ask('npm')]
    const open = await findOpen(owned)
    expect(open.permission).toEqual({ kind: 'EXECUTE', program: 'npm', path: null })
    unwrap(await pawl.approvals.decide(open.id, { decision: 'ALLOW_ALWAYS', digest: open.digest }))
    for (const answer of [await first, await second])
      expect(unwrap(answer).approval).toMatchObject({ id: open.id, status: 'ALLOWED_ALWAYS' })
    const other = ask('rm')
    const asked = await findOpen(owned)
    unwrap(await pawl.approvals.decide(asked.id, { decision: 'DENY', digest: asked.digest, comment: 'no' }))
    expect(unwrap(await other).approval).toMatchObject({ status: 'DENIED', comment: 'no' })
  })

  it('is told that nobody answered, which is no denial', async () => {
    const owned = await own()
    const asked = owned.approvals.ask({ kind: 'PERMISSION', question: 'May I?', permission: npm })
    const { id, digest } = await findOpen(owned)
    await store.pool.query(
      "UPDATE run SET lease_expires_at = lease_expires_at + interval '1 hour' WHERE id = $1",
      [owned.run.id],
    )
    await passTime(store, owned.run.id, 901)
    const late = await pawl.approvals.decide(id, { decision: 'ALLOW', digest })
    expect(late).toMatchObject({ __typename: 'ApprovalExpired' })
    expect(unwrap(await asked).approval).toMatchObject({ status: 'EXPIRED', decidedBy: 'system' })
    expect(await statusOf(owned)).toBe('RUNNING')
  })

  it('withdraws its question when it gives up asking', async () => {
    const owned = await own()
    const gone = new AbortController()
    const asked = owned.approvals.ask({ kind: 'QUESTION', question: 'Which?' }, { signal: gone.signal })
    const { id } = await findOpen(owned)
    gone.abort(new Error('the agent is gone'))
    await expect(asked).rejects.toThrow('the agent is gone')
    expect(await pawl.approvals.wait(id)).toMatchObject({ status: 'VOID' })
    expect(await statusOf(owned)).toBe('RUNNING')
  })

  it('is stopped by a pause, which makes its question VOID', async () => {
    const owned = await own()
    const asked = owned.approvals.ask({ kind: 'QUESTION', question: 'Which?' })
    const { id } = await findOpen(owned)
    unwrap(await pawl.runs.pause(owned.run.id))
    await expect(asked).rejects.toMatchObject({ why: 'PAUSE' })
    expect(await pawl.approvals.get(id)).toMatchObject({ status: 'VOID' })
  })

  it('leaves a run that fails as INCOMPLETE where its handler ends while it asks', async () => {
    const label = `only-${Math.random()}`
    const { run } = unwrap(await pawl.runs.start({ workflow: 'asking', labels: [label] }))
    const worker = pawl.worker({ owner: 'forgetful', labels: [label], pollMs: 50 }, async (owned) => {
      unwrap(await owned.approvals.request({ kind: 'QUESTION', gate: 'q', question: 'Which?' }))
    })
    onTestFinished(() => worker.stop())
    for await (const frame of pawl.runs.watch(run.id, { untilSettled: true }))
      if (frame.isSettled) expect(frame.status).toBe('FAILED')
    expect(await pawl.runs.get(run.id)).toMatchObject({ reason: 'INCOMPLETE' })
  })

  it('asks nothing of the kind where the owner is of an older version', async () => {
    const claim = { owner: 'old', leaseSeconds: 60 }
    const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'asking', claim }))
    const asked = { kind: 'QUESTION', gate: 'q', question: 'Which?', fence: lease?.fence } as const
    expect(await pawl.approvals.request(run.id, asked)).toMatchObject({
      __typename: 'InvalidInput',
      issues: [{ path: ['kind'] }],
    })
  })
})
