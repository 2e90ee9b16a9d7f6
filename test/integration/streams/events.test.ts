import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { thoroughly } from '../../support/thorough.ts'
import { runCommands as runs } from '../../../src/commands/run/runCommands.ts'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import { openStreams, type Streams } from '../../../src/events/streams.ts'
import { tailEvents } from '../../../src/events/tailEvents.ts'
import { tailStatus } from '../../../src/events/tailStatus.ts'
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
  readAll,
  seededRandom,
  seqs,
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

const SEEDS = [1, ...thoroughly([2, 3])]

describe('the log of a run', () => {
  test('comes whole to a late joiner, the terminal event last, and then ends', async () => {
    const { id } = await startAtWork(here.commands)
    for (let step = 0; step < 120; step++) await work(here.commands, id)
    const { revision } = await finish(here.commands, id)
    const events = await readAll(tailEvents(here.streams, { runId: id }))
    expect(seqs(events)).toEqual(oneTo(revision))
    expect(revision).toBeGreaterThan(200)
    expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', runId: id, payload: { confirmed: true } })
  })

  test('ends at once for anyone who has all of a final run, and for a run that is not there', async () => {
    const { id } = await start(here.commands)
    const { revision } = await finish(here.commands, id)
    expect(await readAll(tailEvents(here.streams, { runId: id, after: revision }))).toEqual([])
    expect(await readAll(tailEvents(here.streams, { runId: 'run_nothing' }))).toEqual([])
  })

  test('continues past a settled run that may be resumed, and ends there only where that was asked for', async () => {
    const { id } = await startAtWork(here.commands)
    const patient = readAll(tailEvents(here.streams, { runId: id }))
    const brief = readAll(tailEvents(here.streams, { runId: id, untilSettled: true }))
    const failed = await fail(here.commands, id)
    expect((await brief).at(-1)).toMatchObject({ type: 'run.failed', seq: failed.revision, epoch: 1 })
    await runs.resumeRun(here.commands, OPERATOR, { runId: id })
    // the failure settles nothing any more: it is not the last event
    const resumed = tailEvents(here.streams, { runId: id, untilSettled: true })
    expect((await pullMany(resumed, failed.revision + 1)).at(-1)).toMatchObject({ type: 'run.resumed' })
    const { revision } = await finish(here.commands, id)
    expect((await readAll(resumed)).at(-1)).toMatchObject({ type: 'run.cancelled' })
    expect(seqs(await patient)).toEqual(oneTo(revision))
  })

  test('is refused to a reader that has more than there is, as after a restored backup', async () => {
    const { id } = await startAtWork(here.commands)
    const expired = { code: 'CURSOR_EXPIRED' }
    await expect(readAll(tailEvents(here.streams, { runId: id, after: 100 }))).rejects.toMatchObject(expired)
    await expect(readAll(tailStatus(here.streams, { runId: id, after: 100 }))).rejects.toMatchObject(expired)
  })

  test('ends when its run is deleted', async () => {
    const { id } = await startAtWork(here.commands)
    const { revision } = await fail(here.commands, id)
    const tail = tailEvents(here.streams, { runId: id })
    await pullMany(tail, revision)
    const end = tail.next()
    await deleteRun(there.commands, OPERATOR, { runId: id })
    expect(await end).toEqual({ done: true, value: undefined })
  })
})

describe('a subscriber', () => {
  test('is woken by a change that another server wrote', async () => {
    const { id, revision } = await startAtWork(here.commands)
    const tail = tailEvents(here.streams, { runId: id, after: revision })
    for (const step of oneTo(20)) {
      const next = pull(tail)
      await work(there.commands, id)
      expect(await next).toMatchObject({ seq: revision + 2 * step - 1, type: 'phase.completed' })
      expect(await pull(tail)).toMatchObject({ seq: revision + 2 * step, type: 'phase.started' })
    }
    await tail.return()
  })

  test.each(['before', 'after'] as const)(
    'misses nothing that is written right %s its first read',
    async (moment) => {
      const { id, revision } = await startAtWork(here.commands)
      let written = false
      const streams = interposed(here, async (when) => {
        if (when !== moment || written) return
        written = true
        await work(here.commands, id)
      })
      const tail = tailEvents(streams, { runId: id, after: revision })
      expect(seqs(await pullMany(tail, 2))).toEqual([revision + 1, revision + 2])
      await tail.return()
    },
  )

  test('misses nothing that is written while it does not wait', async () => {
    const { id, revision } = await startAtWork(here.commands)
    const tail = tailEvents(here.streams, { runId: id, after: revision - 1 })
    await pull(tail)
    await work(here.commands, id)
    expect(seqs(await pullMany(tail, 2))).toEqual([revision + 1, revision + 2])
    await tail.return()
  })

  test('finds by polling what no signal told of', async () => {
    const polling = await servers.openStreamServer({ pollMs: 20 })
    const silent = { ...polling.commands, announce: () => undefined }
    const { id } = await startAtWork(silent)
    const all = readAll(tailEvents(polling.streams, { runId: id }))
    for (let step = 0; step < 5; step++) await work(silent, id)
    const { revision } = await finish(silent, id)
    expect(seqs(await all)).toEqual(oneTo(revision))
  })

  test('that has stopped reading makes no reads and holds one bit, and gets all of it in order later', async () => {
    const { id } = await startAtWork(here.commands)
    const tail = tailEvents(here.streams, { runId: id })
    expect(await pull(tail)).toMatchObject({ seq: 1 })
    const reads = countReads(here.commands.store, 'read-events')
    for (let step = 0; step < 150; step++) await work(here.commands, id)
    const { revision } = await finish(there.commands, id)
    expect(reads()).toBe(0)
    expect([1, ...seqs(await readAll(tail))]).toEqual(oneTo(revision))
    // each page is read when it is asked for
    expect(reads()).toBe(Math.ceil(revision / 100))
  })

  test('shares each read with those that are woken with it', async () => {
    const { id, revision } = await startAtWork(here.commands)
    const tails = Array.from({ length: 50 }, () =>
      tailEvents(here.streams, { runId: id, after: revision, untilSettled: true }),
    )
    const reads = countReads(here.commands.store, 'read-events')
    const all = Promise.all(tails.map((tail) => readAll(tail)))
    const settled = await fail(here.commands, id)
    for (const events of await all)
      expect(seqs(events)).toEqual(oneTo(settled.revision).filter((seq) => seq > revision))
    expect(reads()).toBeLessThanOrEqual(2)
  })

  test('asks for a lost owner to be moved on, once for all who read it together', async () => {
    const due: string[] = []
    const server = await servers.openStreamServer({ onDue: (runId) => due.push(runId) })
    const { id, revision } = await startAtWork(server.commands)
    await server.commands.store.pool.query(
      `UPDATE run SET lease_expires_at = clock_timestamp() WHERE id = $1`,
      [id],
    )
    const tails = oneTo(3).map(() => tailEvents(server.streams, { runId: id, after: revision - 1 }))
    await Promise.all(tails.map((tail) => pull(tail)))
    expect(due).toEqual([id])
    await Promise.all(tails.map((tail) => tail.return()))
  })
})

describe('the end of a stream', () => {
  test('comes at once by return and by the signal, while it waits, and releases the wake-up', async () => {
    const { id, revision } = await start(here.commands)
    const before = here.signals.subscribers
    const stop = new AbortController()
    const returned = tailEvents(here.streams, { runId: id, after: revision })
    const aborted = tailEvents(here.streams, { runId: id, after: revision, signal: stop.signal })
    const waiting = [returned.next(), aborted.next(), aborted.next()]
    expect(here.signals.subscribers).toBe(before + 2)
    await returned.return()
    stop.abort()
    expect(here.signals.subscribers).toBe(before)
    for (const end of await Promise.all(waiting)) expect(end).toEqual({ done: true, value: undefined })
    expect(await aborted.next()).toEqual({ done: true, value: undefined })
  })

  test('does not wait for a read that gets no answer', async () => {
    const { id } = await start(here.commands)
    const before = here.signals.subscribers
    let answer: () => void = () => undefined
    const reading = new Promise<void>((resolve) => {
      answer = resolve
    })
    let isAsked = false
    const streams = interposed(here, () => {
      isAsked = true
      return reading
    })
    const tail = tailEvents(streams, { runId: id })
    const next = tail.next()
    await vi.waitFor(() => expect(isAsked).toBe(true))
    await tail.return()
    expect(await next).toEqual({ done: true, value: undefined })
    expect(here.signals.subscribers).toBe(before)
    answer()
  })

  test('holds nothing where it was never begun, or begun after its signal', async () => {
    const { id } = await start(here.commands)
    const before = here.signals.subscribers
    tailEvents(here.streams, { runId: id })
    expect(await readAll(tailEvents(here.streams, { runId: id, signal: AbortSignal.abort() }))).toEqual([])
    expect(here.signals.subscribers).toBe(before)
  })

  test('comes with the error of a guard that no longer lets its subscriber read', async () => {
    const { id, revision } = await startAtWork(here.commands)
    const before = here.signals.subscribers
    let revoked = false
    const guard = async () => {
      await nextTurn()
      if (revoked) throw new Error('the token was revoked')
    }
    const tail = tailEvents(here.streams, { runId: id, guard })
    await pullMany(tail, revision)
    const next = tail.next()
    revoked = true
    await work(here.commands, id)
    await expect(next).rejects.toThrow('the token was revoked')
    expect(await tail.next()).toEqual({ done: true, value: undefined })
    expect(here.signals.subscribers).toBe(before)
  })

  test('comes where the server closes its signals', async () => {
    const server = await servers.openStreamServer()
    const { id, revision } = await start(server.commands)
    const tail = tailEvents(server.streams, { runId: id, after: revision })
    const next = tail.next()
    await server.signals.close()
    expect(await next).toEqual({ done: true, value: undefined })
  })
})

describe('through drops, cut connections and writers elsewhere', () => {
  test.each(SEEDS)('every subscriber ends with 1 to n, once, in order (G8) (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const { id } = await startAtWork(there.commands)
    const over = new AbortController()

    async function subscribe(): Promise<number[]> {
      const seen: number[] = []
      // some come late
      while (!over.signal.aborted && random(3) > 0) await work(there.commands, id).catch(() => undefined)
      for (;;) {
        const tail = tailEvents(here.streams, { runId: id, after: seen.at(-1) ?? 0 })
        let left = random(12)
        for await (const { seq } of tail) {
          seen.push(seq)
          if (left-- === 0) break
        }
        if (left >= 0) return seen
      }
    }

    async function cutListeners(): Promise<void> {
      while (!over.signal.aborted) {
        await cutSignals(servers)
        await vi.waitFor(() => expect(here.signals.healthy && there.signals.healthy).toBe(true))
        await work(there.commands, id).catch(() => undefined)
      }
    }

    const cutting = cutListeners()
    const early = oneTo(10).map(subscribe)
    for (let step = 0; step < 60; step++) await work([here, there][random(2)]!.commands, id)
    const { revision } = await finish(there.commands, id)
    over.abort()
    const late = oneTo(5).map(subscribe)
    for (const seen of await Promise.all([...early, ...late])) expect(seen).toEqual(oneTo(revision))
    await cutting
  })
})

/** The streams of a server with something that happens right before and right after each of their reads. */
function interposed(
  { commands, signals }: TestServer,
  happen: (when: 'before' | 'after') => Promise<void>,
): Streams {
  const { pool } = commands.store
  const query = async (statement: { text: string }) => {
    await happen('before')
    const result = await pool.query(statement)
    await happen('after')
    return result
  }
  return openStreams({ store: { ...commands.store, pool: { query } as unknown as typeof pool }, signals })
}
