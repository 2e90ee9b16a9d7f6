import {
  PawlAuthError,
  PawlCursorExpiredError,
  type PawlOptions,
  type RunEvent,
  createPawl,
  createRunStore,
  unwrap,
} from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { secretOf } from '../../support/issued.ts'

/** Two phases and a round, so that a run has some way to go. */
const WORKFLOW = {
  name: 'errand',
  version: 1,
  initialPhase: 'go',
  completeRoundAt: 'return',
  phases: [
    { key: 'go', next: ['return'] },
    { key: 'return', next: ['home'] },
    { key: 'home', final: true },
  ],
}

const patience = { timeout: 20_000 }
const retry = { minDelayMs: 20, maxDelayMs: 200 }

let database: TestDatabase
let server: TestServer

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startTestServer({ database })
  unwrap(await connect().workflows.register(WORKFLOW))
})
afterAll(async () => {
  await server.stop()
  await database.drop()
})

function connect(options: Partial<PawlOptions> = {}) {
  return createPawl({ url: server.url, token: server.adminToken, retry, ...options })
}

/** Starts a run that the caller owns. */
async function startOwned(pawl = connect(), fields: { labels?: string[] } = {}) {
  const claim = { owner: 'sdk-test', leaseSeconds: 30 }
  const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'errand', claim, ...fields }))
  if (!lease) throw new Error('A claimed run has a lease')
  return { id: run.id, fence: lease.fence }
}

/** Takes a run from its first phase to COMPLETED. */
async function drive(pawl: ReturnType<typeof connect>, { id, fence }: { id: string; fence: number }) {
  unwrap(await pawl.phases.start(id, 'go', { fence }))
  unwrap(await pawl.phases.advance(id, 'return', { fence }))
  unwrap(await pawl.rounds.complete(id, { fence, summary: { found: 3 } }))
  unwrap(await pawl.phases.advance(id, 'home', { fence }))
  const { run } = unwrap(await pawl.runs.complete(id, { fence, output: { found: 3 } }))
  if (!run) throw new Error('its owner is not shown the run that it completed')
  return run
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('the SDK and the server', () => {
  it('take a run from its start to its end, with typed answers all the way', async () => {
    const pawl = connect()
    const key = crypto.randomUUID()
    const started = unwrap(
      await pawl.runs.start({ workflow: 'errand', title: 'Milk', input: { litres: 2 }, idempotencyKey: key }),
    )
    expect(started.run).toMatchObject({
      status: 'QUEUED',
      title: 'Milk',
      input: { litres: 2 },
      nextAction: 'CLAIM',
    })
    const again = unwrap(
      await pawl.runs.start({ workflow: 'errand', title: 'Milk', input: { litres: 2 }, idempotencyKey: key }),
    )
    expect([again.isReplayed, again.run.id]).toEqual([true, started.run.id])

    const { run, lease } = unwrap(await pawl.runs.claim({ runId: started.run.id, owner: 'sdk-test' }))
    const owned = { id: run.id, fence: lease?.fence ?? 0 }
    const taken = await pawl.runs.claim({ runId: run.id, owner: 'another' })
    expect(taken).toMatchObject({ __typename: 'NotClaimable', heldBy: { owner: 'sdk-test' } })
    const early = await pawl.runs.complete(run.id, { fence: owned.fence })
    expect(early.__typename === 'NotCompletable' && early.missing.length).toBeGreaterThan(0)
    const { execution } = unwrap(
      await pawl.executions.start({ runId: run.id, command: 'fetch milk', pid: 4711, fence: owned.fence }),
    )
    expect((await pawl.executions.list({ filter: { runId: run.id, isInFlight: true } })).nodes).toEqual([
      execution,
    ])
    const renewed = unwrap(await pawl.runs.renew(run.id, { fence: owned.fence }))
    expect(renewed.directives).toEqual([{ kind: 'CONTINUE', message: null }])

    const done = await drive(pawl, owned)
    expect([done.status, done.outcome]).toEqual(['COMPLETED', 'SUCCESS'])
    expect(unwrap(await pawl.executions.finish(execution.id, { signal: 'SIGTERM' })).outcome).toBe('FAILED')
    expect(unwrap(await pawl.runs.verify(run.id)).differences).toEqual([])
    expect(unwrap(await pawl.runs.resolve({ runId: run.id })).run.output).toEqual({ found: 3 })
    expect(unwrap(await pawl.runs.delete(run.id)).runId).toBe(run.id)
    expect(await pawl.runs.get(run.id)).toBeNull()
  })

  it('refuse with the truth as it is', async () => {
    const pawl = connect()
    const { id, fence } = await startOwned(pawl)
    expect(await pawl.phases.advance(id, 'nowhere', { fence })).toMatchObject({
      __typename: 'UnknownPhase',
      phaseKey: 'nowhere',
    })
    expect(await pawl.runs.start({ workflow: 'unheard-of' })).toMatchObject({
      __typename: 'NotFound',
      kind: 'WORKFLOW',
      id: 'unheard-of',
    })
    expect(await pawl.runs.release(id, { fence: fence + 1 })).toMatchObject({
      __typename: 'LeaseLost',
      currentFence: fence,
    })
    expect(await pawl.runs.get('nonsense')).toBeNull()
    expect(await pawl.runs.pause(id)).toMatchObject({
      __typename: 'PauseRunSuccess',
      run: { status: 'PAUSED' },
    })
    expect(await pawl.runs.resume(id)).toMatchObject({
      __typename: 'ResumeRunSuccess',
      run: { status: 'RUNNING' },
    })
    const cancelled = unwrap(await pawl.runs.cancel(id))
    expect([cancelled.hasChanged, cancelled.run.status]).toEqual([true, 'CANCELLING'])
    expect(unwrap(await pawl.runs.confirmCancel(id, { fence })).run.isCancelConfirmed).toBe(true)
  })

  it('tell who may do what', async () => {
    const admin = connect()
    const created = unwrap(await admin.tokens.create({ principal: { name: 'looker-on' }, role: 'VIEWER' }))
    const { token } = created
    const viewer = connect({ token: secretOf(created) })
    expect(await viewer.viewer()).toEqual({ name: 'looker-on', role: 'VIEWER' })
    expect((await viewer.server()).version).toMatch(/^\d/)
    expect(await viewer.runs.start({ workflow: 'errand' })).toMatchObject({
      __typename: 'Forbidden',
      requiredRole: 'OPERATOR',
    })
    expect((await admin.tokens.list()).nodes.map(({ id }) => id)).toContain(token.id)
    unwrap(await admin.tokens.revoke(token.id))
    await expect(viewer.viewer()).rejects.toBeInstanceOf(PawlAuthError)
  })

  it('list, count and examine', async () => {
    const pawl = connect()
    const label = crypto.randomUUID()
    for (let n = 0; n < 3; n += 1) await startOwned(pawl, { labels: [label] })
    const filter = { labels: [label] }
    const first = await pawl.runs.list({ filter, first: 2 })
    expect(first.totalCount).toBeUndefined()
    expect((await pawl.runs.list({ filter, first: 2, withTotalCount: true })).totalCount).toBe(3)
    const rest = await pawl.runs.list({ filter, after: first.pageInfo.endCursor ?? '' })
    expect([first.nodes.length, first.pageInfo.hasNextPage, rest.nodes.length]).toEqual([2, true, 1])
    expect((await pawl.runs.counts({ filter })).find(({ status }) => status === 'RUNNING')?.count).toBe(3)
    expect((await pawl.doctor()).violations).toEqual([])
    expect(unwrap(await pawl.sweep({ isDryRun: true })).isDryRun).toBe(true)
    expect((await pawl.workflows.get('errand'))?.definition).toMatchObject({ name: 'errand' })
    expect((await pawl.workflows.list()).nodes.map(({ name }) => name)).toContain('errand')
  })
})

describe.each([
  { transport: 'a WebSocket', Socket: WebSocket },
  { transport: 'server-sent events', Socket: false },
] as const)('over $transport', ({ transport, Socket }) => {
  it('events, frames and the feed tell of a whole run, and end with it', async () => {
    const pawl = connect({ WebSocket: Socket })
    const store = createRunStore()
    const { feedCursor } = await pawl.runs.list({ first: 1 })
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    const feeding = (async () => {
      for await (const change of pawl.runs.changes({ after: feedCursor, signal: stop.signal }))
        store.apply(change)
    })()

    const owned = await startOwned(pawl)
    const events = collect<RunEvent>(pawl.runs.events(owned.id))
    const frames = (async () => {
      const seen: number[] = []
      for await (const frame of pawl.runs.watch(owned.id, { withRun: true })) {
        store.apply(frame)
        seen.push(frame.revision)
      }
      return seen
    })()
    const done = await drive(pawl, owned)

    const log = await events
    expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: done.revision }, (_, index) => index + 1))
    expect(log.at(-1)?.type).toBe('RUN_COMPLETED')
    const began = log.find((event) => event.type === 'PHASE_STARTED')
    expect(began?.payload.phase).toBe('go')
    const revisions = await frames
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
    expect(revisions.at(-1)).toBe(done.revision)
    await expect.poll(() => store.get(owned.id)?.status, patience).toBe('COMPLETED')
    expect(await collect(pawl.runs.events(owned.id, { after: done.revision - 1 }))).toHaveLength(1)
    expect(await collect(pawl.runs.watch(owned.id, { after: done.revision }))).toEqual([])
    stop.abort()
    await feeding
  })

  it('a run that is not there is refused, and a cursor that is none', async () => {
    const pawl = connect({ WebSocket: Socket })
    const unknown = 'run_01h455vb4pex5vsknk084sn02q'
    await expect(collect(pawl.runs.watch(unknown))).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
    await expect(collect(pawl.runs.changes({ after: 'nonsense' }))).rejects.toBeInstanceOf(
      PawlCursorExpiredError,
    )
  })

  it('a stream ends with its token', async () => {
    const admin = connect()
    const created = unwrap(
      await admin.tokens.create({ principal: { name: `short for ${transport}` }, role: 'VIEWER' }),
    )
    const secret = secretOf(created)
    const { token } = created
    let isOpen = false
    const stream = collect(
      connect({ token: secret, WebSocket: Socket }).runs.changes({
        onConnection: (open) => (isOpen ||= open),
      }),
    ).catch((error: unknown) => error)
    await expect.poll(() => isOpen, patience).toBe(true)
    unwrap(await admin.tokens.revoke(token.id))
    expect(await stream).toBeInstanceOf(PawlAuthError)
  })

  it('streams live through a restart of the server', async () => {
    const pawl = connect({ WebSocket: Socket, retry: { ...retry, attempts: 20 } })
    const owned = await startOwned(pawl)
    const seqs: number[] = []
    const reading = (async () => {
      for await (const { seq } of pawl.runs.events(owned.id)) seqs.push(seq)
    })()
    const watching = collect(pawl.runs.watch(owned.id))
    await expect.poll(() => seqs.length, patience).toBeGreaterThan(0)
    const port = Number(new URL(server.url).port)
    await server.stop()
    server = await startTestServer({ database, config: { port } })
    const done = await drive(connect(), owned)
    await reading
    expect(seqs).toEqual(Array.from({ length: done.revision }, (_, index) => index + 1))
    expect((await watching).at(-1)?.revision).toBe(done.revision)
  })

  it('a worker drives runs, and gives back what a person pauses or cancels', async () => {
    const pawl = connect({ WebSocket: Socket })
    const labels = [crypto.randomUUID()]
    const start = async (title: string) =>
      unwrap(await pawl.runs.start({ workflow: 'errand', title, labels })).run.id
    const errors: unknown[] = []
    const worker = pawl.worker(
      {
        owner: 'sdk-worker',
        labels,
        concurrency: 3,
        leaseSeconds: 5,
        onError: (error) => errors.push(error),
      },
      async (held) => {
        unwrap(await held.phases.start('go'))
        if (held.run.title !== 'quick') {
          await new Promise((resolve) => held.signal.addEventListener('abort', resolve))
          return
        }
        unwrap(await held.phases.advance('return'))
        unwrap(await held.rounds.complete())
        unwrap(await held.phases.advance('home'))
        unwrap(await held.complete())
      },
    )
    onTestFinished(() => worker.stop({ timeoutMs: 0 }))
    const [quick, paused, cancelled] = await Promise.all(['quick', 'paused', 'cancelled'].map(start))
    const read = async (id: string | undefined) => pawl.runs.get(id ?? '')
    const isUnderWay = async (id: string | undefined) => (await read(id))?.currentPhase?.status === 'RUNNING'
    await expect
      .poll(async () => (await isUnderWay(paused)) && (await isUnderWay(cancelled)), patience)
      .toBe(true)
    unwrap(await pawl.runs.pause(paused ?? ''))
    unwrap(await pawl.runs.cancel(cancelled ?? ''))
    await expect.poll(async () => (await read(quick))?.status, patience).toBe('COMPLETED')
    await expect.poll(async () => (await read(cancelled))?.isCancelConfirmed, patience).toBe(true)
    await expect.poll(async () => (await read(paused))?.lease, patience).toBeNull()
    expect((await read(paused))?.status).toBe('PAUSED')
    const shut = await start('shut down')
    await expect.poll(() => isUnderWay(shut), patience).toBe(true)
    await worker.stop({ timeoutMs: 0 })
    expect((await read(shut))?.status).toBe('QUEUED')
    expect(errors).toEqual([])
  })
})
