import pg from 'pg'
import { openWriter } from '../../../src/commands/kit/openWriter.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import { type RunsChange, tailRuns, type TailRunsOptions } from '../../../src/events/tailRuns.ts'
import {
  CursorExpiredError,
  decodeFeedCursor,
  encodeFeedCursor,
  FEED_CURSOR_SECONDS,
  type FeedCursor,
  readFeedCursor,
} from '../../../src/store/feed/feedCursor.ts'
import { FEED_PAGE } from '../../../src/store/feed/feedPage.ts'
import type { Tail } from '../../../src/events/openTail.ts'
import {
  countReads,
  cutSignals,
  fail,
  finish,
  oneTo,
  OPERATOR,
  openTestServers,
  pull,
  pullMany,
  seededRandom,
  start,
  startAtWork,
  type TestServer,
  type TestServers,
  work,
} from './support.ts'

let servers: TestServers
let here: TestServer
let there: TestServer
beforeAll(async () => {
  servers = await openTestServers()
  here = await servers.openStreamServer()
  there = await servers.openStreamServer()
})
afterAll(() => servers.close())

const follow = (options: Partial<TailRunsOptions> = {}) =>
  tailRuns(here.streams, { projects: null, ...options })

const now = async () => encodeFeedCursor(servers.store, await readFeedCursor(servers.store.pool))

/** Everything up to the run that is started now to be the last one told. */
async function readUntilMark(tail: Tail<RunsChange>): Promise<RunsChange[]> {
  const mark = await start(here.commands)
  const changes: RunsChange[] = []
  for (;;) {
    const change = await pull(tail)
    if (change.runId === mark.id) return changes
    changes.push(change)
  }
}

describe('the feed across runs', () => {
  test('begins now, and tells each run that changes as it is, on whichever server', async () => {
    const old = await startAtWork(here.commands)
    const tail = await follow()
    const fresh = await start(there.commands, { labels: ['a'], project: 'other' })
    expect(await pull(tail)).toMatchObject({
      kind: 'UPSERTED',
      runId: fresh.id,
      revision: 2,
      run: { run: fresh },
    })
    const { revision } = await work(here.commands, old.id)
    expect(await pull(tail)).toMatchObject({ runId: old.id, revision, run: { run: { status: 'RUNNING' } } })
    await tail.return()
  })

  test('resumes a cursor where it was left', async () => {
    const tail = await follow()
    const one = await start(here.commands)
    const { cursor } = await pull(tail)
    await tail.return()
    const two = await start(there.commands)
    const again = await follow({ after: cursor })
    expect(await pull(again)).toMatchObject({ runId: two.id })
    await fail(here.commands, (await startAtWork(here.commands)).id)
    await finish(here.commands, one.id)
    const rest = await readUntilMark(again)
    expect(rest.at(-1)).toMatchObject({ runId: one.id, run: { run: { status: 'CANCELLED' } } })
    await again.return()
  })

  test('tells only of what the filter names, and of projects that the subscriber may see', async () => {
    const after = await now()
    const all = {
      plain: await start(here.commands),
      mine: await start(here.commands, { project: 'mine', labels: ['a', 'b'] }),
      solo: await start(here.commands, { project: 'mine', labels: ['a'], workflow: 'solo' }),
    }
    await finish(here.commands, all.plain.id)
    await deleteRun(here.commands, OPERATOR, { runId: all.plain.id })
    await finish(here.commands, all.solo.id)
    await deleteRun(here.commands, OPERATOR, { runId: all.solo.id })
    async function told(options: Partial<TailRunsOptions>): Promise<string[]> {
      const tail = await follow({ after, ...options })
      const mark = await start(here.commands, { project: 'mine', labels: ['a', 'b', 'c'], workflow: 'solo' })
      const ids: string[] = []
      for (;;) {
        const { runId, kind } = await pull(tail)
        if (runId === mark.id) break
        if (Object.values(all).some(({ id }) => id === runId)) ids.push(`${kind} ${runId}`)
      }
      await tail.return()
      return ids
    }
    const [plain, mine, solo] = [
      `DELETED ${all.plain.id}`,
      `UPSERTED ${all.mine.id}`,
      `DELETED ${all.solo.id}`,
    ]
    expect(await told({})).toEqual([mine, plain, solo])
    expect(await told({ filter: { project: 'mine' } })).toEqual([mine, solo])
    expect(await told({ projects: ['mine'] })).toEqual([mine, solo])
    expect(await told({ filter: { labels: ['a', 'b'] } })).toEqual([mine])
    expect(await told({ filter: { workflow: 'solo' } })).toEqual([solo])
    // a filter can't reach into a project that the subscriber may not see
    const denied = await follow({ after, projects: ['default'], filter: { project: 'mine' } })
    const next = denied.next()
    const seen = await follow({ after })
    await readUntilMark(seen)
    await Promise.all([denied.return(), seen.return()])
    expect(await next).toEqual({ done: true, value: undefined })
  })

  test('does not lose what commits late under an early transaction id', async () => {
    const late = new pg.Client(servers.poolConfig)
    await late.connect()
    try {
      const store = { ...here.commands.store, pool: late as unknown as pg.Pool }
      await late.query('BEGIN')
      const hidden = await start({
        ...here.commands,
        store,
        writer: openWriter(store),
        announce: () => undefined,
      })
      const tail = await follow()
      const seen = await start(here.commands)
      const { runId, cursor } = await pull(tail)
      expect(runId).toBe(seen.id)
      await start(there.commands)
      await pull(tail)
      await late.query('COMMIT')
      here.signals.announce(hidden.id)
      expect(await pull(tail)).toMatchObject({ runId: hidden.id, revision: 2 })
      await tail.return()
      // a cursor of the time when it was in progress finds it as well
      const again = await follow({ after: cursor })
      const told = (await readUntilMark(again)).map((change) => change.runId)
      expect(told).toContain(hidden.id)
      expect(told).not.toContain(seen.id)
      await again.return()
    } finally {
      await late.end()
    }
  })

  test('goes through more than a page, each run once, and only the last item carries the cursor behind it', async () => {
    const after = await now()
    const count = FEED_PAGE / 2 + 60
    const ids: string[] = []
    for (let done = 0; done < count; done += 10)
      ids.push(...(await Promise.all(oneTo(10).map(() => start(here.commands)))).map(({ id }) => id))
    const reads = countReads(here.commands.store, 'read-feed-page')
    const tail = await follow({ after })
    const told = await pullMany(tail, ids.length)
    expect(reads()).toBeGreaterThanOrEqual(2)
    await tail.return()
    expect(told.map(({ runId }) => runId).toSorted()).toEqual(ids.toSorted())
    const cursors = told.map(({ cursor }) => cursor)
    expect(new Set(cursors.slice(0, -1))).toEqual(new Set([after]))
    expect(cursors.at(-1)).not.toBe(after)

    // broken off in the middle, everything comes again; at the end, nothing does
    const middle = await follow({ after: cursors[100]! })
    const again = await pullMany(middle, ids.length)
    expect(again.map(({ runId }) => runId).toSorted()).toEqual(ids.toSorted())
    await middle.return()
    const end = await follow({ after: cursors.at(-1)! })
    expect(await readUntilMark(end)).toEqual([])
    await end.return()
  })

  test('tells a deletion, and never the run after it', async () => {
    const random = seededRandom(7)
    const tails = await Promise.all(oneTo(4).map(() => follow()))
    let isOver = false
    async function write(server: TestServer): Promise<string[]> {
      const gone: string[] = []
      for (let round = 0; round < 25; round++) {
        const { id } = await startAtWork(server.commands)
        await Promise.all([work(here.commands, id), work(there.commands, id)])
        await finish(server.commands, id)
        if (random(3) === 0) continue
        const deleted = await deleteRun(server.commands, OPERATOR, { runId: id })
        expect(deleted).toMatchObject({ ok: true })
        gone.push(id)
      }
      return gone
    }
    async function listen(tail: Tail<RunsChange>, mark: () => string | undefined): Promise<RunsChange[]> {
      const changes: RunsChange[] = []
      for (;;) {
        const change = await pull(tail)
        if (isOver && change.runId === mark()) return changes
        changes.push(change)
        if (random(4) === 0) await new Promise((resolve) => setTimeout(resolve, random(5)))
      }
    }
    let mark: string | undefined
    const listening = tails.map((tail) => listen(tail, () => mark))
    const gone = (await Promise.all([here, there, here].map(write))).flat()
    isOver = true
    mark = (await start(here.commands)).id
    for (const changes of await Promise.all(listening)) {
      const deleted = new Map<string, number>()
      const revisions = new Map<string, number>()
      for (const { kind, runId, revision, run } of changes) {
        expect(deleted.has(runId)).toBe(false)
        expect(revision).toBeGreaterThanOrEqual(revisions.get(runId) ?? 0)
        expect(run === null).toBe(kind === 'DELETED')
        revisions.set(runId, revision)
        if (kind === 'DELETED') deleted.set(runId, revision)
      }
      expect([...deleted.keys()].toSorted()).toEqual(gone.toSorted())
    }
    await Promise.all(tails.map((tail) => tail.return()))
  })

  test('loses no run to those who drop and resume while connections are cut', async () => {
    const random = seededRandom(11)
    const first = await now()
    const final = new Map<string, number>()
    let isOver = false
    async function write(server: TestServer): Promise<void> {
      const { id } = await startAtWork(server.commands)
      for (let step = random(4); step > 0; step--) await work(server.commands, id)
      final.set(id, (await (random(2) ? fail : finish)(server.commands, id)).revision)
    }
    async function subscribe(): Promise<Map<string, number>> {
      const seen = new Map<string, number>()
      let after = first
      const isDone = () => isOver && [...final].every(([id, revision]) => (seen.get(id) ?? 0) >= revision)
      while (!isDone()) {
        const tail = await follow({ after })
        for (let left = random(20); left >= 0 && !isDone(); left--) {
          const { runId, revision, cursor } = await pull(tail)
          seen.set(runId, Math.max(seen.get(runId) ?? 0, revision))
          after = cursor
        }
        await tail.return()
      }
      return seen
    }
    const subscribers = oneTo(8).map(subscribe)
    for (let round = 0; round < 30; round++) {
      await Promise.all([write(here), write(there), write(here)])
      if (round % 10 === 5) await cutSignals(servers)
    }
    isOver = true
    // whoever had read everything is told that it was the last
    await start(here.commands)
    for (const seen of await Promise.all(subscribers))
      expect([...seen]).toEqual(expect.arrayContaining([...final]))
  })

  test('is read once for all who have caught up, however many they are', async () => {
    const tails = await Promise.all(oneTo(40).map(() => follow()))
    const one = await start(here.commands)
    await Promise.all(tails.map(async (tail) => expect(await pull(tail)).toMatchObject({ runId: one.id })))
    const waiting = tails.map((tail) => tail.next())
    const reads = countReads(here.commands.store, 'read-feed-page')
    const loads = countReads(here.commands.store, 'load-run')
    const two = await start(there.commands)
    for (const { value } of await Promise.all(waiting)) expect(value).toMatchObject({ runId: two.id })
    expect(reads()).toBeLessThanOrEqual(3)
    expect(loads()).toBeLessThanOrEqual(3)
    await Promise.all(tails.map((tail) => tail.return()))
  })

  test('ends at once by return and by the signal, and releases the wake-up', async () => {
    const before = here.signals.subscribers
    const stop = new AbortController()
    const [returned, aborted] = [await follow(), await follow({ signal: stop.signal })]
    const waiting = [returned.next(), aborted.next()]
    expect(here.signals.subscribers).toBe(before + 2)
    await returned.return()
    stop.abort()
    for (const end of await Promise.all(waiting)) expect(end).toEqual({ done: true, value: undefined })
    expect(here.signals.subscribers).toBe(before)
  })
})

describe('a cursor', () => {
  const forged = async (change: Partial<FeedCursor>) =>
    encodeFeedCursor(servers.store, { ...(await readFeedCursor(servers.store.pool)), ...change })

  test.each([
    ['of another installation', { installation: 'elsewhere' }],
    ['of another start of the database', { started: '1/1' }],
    ['that is too old', { at: Date.now() - (FEED_CURSOR_SECONDS + 60) * 1000 }],
  ])('%s is refused', async (_, change) => {
    const after = await forged(change)
    await expect(follow({ after })).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' })
  })

  test.each([
    '',
    'x',
    '1:2:',
    Buffer.from('{}').toString('base64url'),
    Buffer.from('[1,2,3,4]').toString('base64url'),
  ])('that is none is refused: %s', async (after) => {
    await expect(follow({ after })).rejects.toBeInstanceOf(CursorExpiredError)
  })

  test.each([
    '',
    '5',
    '5:4:',
    '0:1:',
    '3:5:5',
    '3:5:2',
    '3:6:5,4',
    '3:6:4,',
    "3:6:'",
    '3:99999999999999999999:',
  ])('with a snapshot that PostgreSQL would not take is refused: %s', async (snapshot) => {
    await expect(follow({ after: await forged({ snapshot }) })).rejects.toBeInstanceOf(CursorExpiredError)
  })

  test.each(['3:3:', '3:6:3,5', '3:900000000000000000:4,5'])(
    'with a snapshot that PostgreSQL takes is taken: %s',
    async (snapshot) => {
      const { rows } = await servers.store.pool.query('SELECT $1::pg_snapshot::text AS snapshot', [snapshot])
      expect(rows).toEqual([{ snapshot }])
      const tail = await follow({ after: await forged({ snapshot }) })
      await tail.return()
    },
  )

  test('comes back from its text as it was', async () => {
    const cursor = await readFeedCursor(servers.store.pool)
    const text = await encodeFeedCursor(servers.store, cursor)
    expect(await decodeFeedCursor(servers.store, text)).toEqual(cursor)
    expect(await encodeFeedCursor(servers.store, cursor)).toBe(text)
    expect(cursor.at).toBeGreaterThan(Date.now() - 60_000)
  })

  test('tells nobody what is in it, and is taken from nobody who wrote it', async () => {
    const cursor = await readFeedCursor(servers.store.pool)
    const text = await encodeFeedCursor(servers.store, cursor)
    const seen = Buffer.from(text, 'base64url').toString('latin1')
    for (const fact of [cursor.snapshot, cursor.installation, cursor.started])
      expect(seen).not.toContain(fact)
    const plain = JSON.stringify([cursor.installation, cursor.started, cursor.snapshot, cursor.at])
    const written = Buffer.from(plain).toString('base64url')
    await expect(follow({ after: written })).rejects.toBeInstanceOf(CursorExpiredError)
    const bytes = Buffer.from(text, 'base64url')
    bytes[bytes.length - 1]! ^= 1
    await expect(follow({ after: bytes.toString('base64url') })).rejects.toBeInstanceOf(CursorExpiredError)
  })
})
