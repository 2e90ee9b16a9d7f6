import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { tailEvents } from '../../../src/events/tailEvents.ts'
import { openWakeUps } from '../../../src/events/wakeUps.ts'
import type { EventPage } from '../../../src/store/run/readEvents.ts'
import {
  countReads,
  finish,
  oneTo,
  openTestServers,
  pullMany,
  readAll,
  seqs,
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

/** A page of one event, which ends at a revision. */
function pageOf(seq: number): EventPage {
  const event = { seq } as EventPage['events'][number]
  return { events: [event], revision: seq, status: 'RUNNING', contentRemovedAt: null, leaseExpired: false }
}

describe('what a server has committed', () => {
  test('reaches its readers that have all before it without a read of the log', async () => {
    const { id, revision } = await startAtWork(here.commands)
    const reads = countReads(here.commands.store, 'read-events')
    const tails = oneTo(3).map(() => tailEvents(here.streams, { runId: id, after: revision }))
    const first = tails.map((tail) => tail.next())
    await vi.waitFor(() => expect(reads()).toBe(1))
    for (let step = 1; step <= 5; step++) {
      const arrived = step === 1 ? Promise.all(first) : Promise.all(tails.map((tail) => tail.next()))
      await work(here.commands, id)
      for (const { value } of await arrived) expect(value).toMatchObject({ runId: id, seq: revision + step })
    }
    const { revision: last } = await finish(here.commands, id)
    for (const tail of tails) expect(seqs(await readAll(tail)).at(-1)).toBe(last)
    expect(reads()).toBe(1)
  })

  test('is read from the log by a reader that lacks what another server has committed before', async () => {
    const { id, revision } = await startAtWork(here.commands)
    const tail = tailEvents(here.streams, { runId: id, after: revision })
    const rest = readAll(tail)
    for (let step = 0; step < 20; step++) {
      await work(there.commands, id)
      await work(here.commands, id)
    }
    const { revision: last } = await finish(here.commands, id)
    expect(seqs(await rest)).toEqual(oneTo(last).slice(revision))
  })

  test('does not hide what another server commits while the reader is busy', async () => {
    const { id, revision } = await startAtWork(here.commands)
    const tail = tailEvents(here.streams, { runId: id, after: revision })
    const pulled = tail.next()
    await work(here.commands, id)
    await pulled
    await work(here.commands, id)
    await work(there.commands, id)
    await work(here.commands, id)
    expect(seqs(await pullMany(tail, 3))).toEqual([2, 3, 4].map((step) => revision + step))
    await tail.return()
  })

  test('is kept for a busy reader up to a bound, and beyond it the log is read', async () => {
    const wakeUps = openWakeUps(600_000)
    const wakeUp = wakeUps.subscribe('run')
    expect(wakeUp.appended).toBeNull()
    for (const seq of oneTo(20)) wakeUps.wake('run', () => pageOf(seq))
    expect(await wakeUp.wait()).toBe(true)
    expect(wakeUp.appended?.map(({ revision }) => revision)).toEqual(oneTo(20))
    for (const seq of oneTo(21)) wakeUps.wake('run', () => pageOf(seq))
    expect(await wakeUp.wait()).toBe(true)
    expect(wakeUp.appended).toBeNull()
    // whatever else wakes it may be anything, in whichever order
    wakeUps.wake('run', () => pageOf(1))
    wakeUps.wake('run')
    wakeUps.wake('run', () => pageOf(2))
    expect(await wakeUp.wait()).toBe(true)
    expect(wakeUp.appended).toBeNull()
    wakeUps.close()
  })

  test('is prepared for nobody where nobody reads', () => {
    const wakeUps = openWakeUps(600_000)
    const appended = vi.fn<() => EventPage>(() => pageOf(1))
    wakeUps.wake('run', appended)
    expect(appended).not.toHaveBeenCalled()
    wakeUps.close()
  })
})
