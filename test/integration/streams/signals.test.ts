import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type PoolConfig } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ALL_RUNS, openSignals, type Signals } from '../../../src/events/signals.ts'
import type { WakeUp } from '../../../src/events/wakeUps.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { NO_POLL, oneTo } from './support.ts'

let database: TestDatabase
let here: Signals
let there: Signals
beforeAll(async () => {
  database = await createTestDatabase()
  here = await open()
  there = await open()
})
afterAll(async () => {
  await Promise.all([here.close(), there.close()])
  await database.drop()
})

const open = (options: { poolConfig?: PoolConfig; checkMs?: number; pollMs?: number } = {}) =>
  openSignals({ poolConfig: database.poolConfig, pollMs: NO_POLL, ...options })

/** Records the wake-ups that come until it is closed. */
function count(wakeUp: WakeUp): { wakes: number } {
  const counted = { wakes: 0 }
  const listen = async () => {
    while (await wakeUp.wait()) counted.wakes += 1
  }
  void listen()
  return counted
}

describe('a signal', () => {
  test('wakes the readers of the run and of all runs, here and elsewhere, and nobody else', async () => {
    const topics = ['one', ALL_RUNS, 'two']
    const wakeUps = [here, there].flatMap((signals) => topics.map((topic) => signals.subscribe(topic)))
    const [hereOne, hereAll, hereTwo, thereOne, thereAll, thereTwo] = wakeUps.map(count)
    here.announce('one')
    await vi.waitFor(() => {
      for (const woken of [hereOne, hereAll, thereOne, thereAll]) expect(woken).toEqual({ wakes: 1 })
    })
    there.announce('two')
    await vi.waitFor(() => {
      for (const woken of [hereTwo, thereTwo]) expect(woken).toEqual({ wakes: 1 })
    })
    // one announcement is one wake-up: nobody is woken by the echo of what it sent itself
    expect([hereOne, thereOne, hereAll, thereAll].map((counted) => counted?.wakes)).toEqual([1, 1, 2, 2])
    for (const wakeUp of wakeUps) wakeUp.close()
    expect(here.subscribers + there.subscribers).toBe(0)
  })

  test('that comes while its reader is busy is kept, and many are one', async () => {
    const wakeUp = here.subscribe('busy')
    for (const _ of oneTo(10)) here.announce('busy')
    expect(await wakeUp.wait()).toBe(true)
    const slept = wakeUp.wait(30)
    const begun = performance.now()
    expect(await slept).toBe(true)
    // by the time limit: nothing was left
    expect(performance.now() - begun).toBeGreaterThan(20)
    wakeUp.close()
    expect(await wakeUp.wait()).toBe(false)
  })

  test('is sent for every run of a burst, in payloads that PostgreSQL takes', async () => {
    const payloads: string[] = []
    const listener = new Client(database.poolConfig)
    listener.on('notification', ({ payload }) => payloads.push(payload ?? ''))
    await listener.connect()
    await listener.query('LISTEN pawl_signals')
    const ids = oneTo(1_500).map((n) => `run_${String(n).padStart(26, '0')}`)
    const wakeUps = ids.map((id) => there.subscribe(id))
    const woken = Promise.all(wakeUps.map((wakeUp) => wakeUp.wait()))
    for (const id of ids) here.announce(id)
    expect((await woken).every(Boolean)).toBe(true)
    await vi.waitFor(() => expect(payloads.join().split(',')).toEqual(ids))
    expect(Math.max(...payloads.map((payload) => payload.length))).toBeLessThan(8_000)
    // gathered, not one by one
    expect(payloads.length).toBe(6)
    for (const wakeUp of wakeUps) wakeUp.close()

    payloads.length = 0
    for (const n of oneTo(3_000)) here.announce(`run_${n}`)
    await vi.waitFor(() => expect(payloads).toEqual(['*']))
    await listener.end()
  })

  test('of a database that is away is told when it is back, and everybody looks', async () => {
    const [mine, other] = [here.subscribe('mine'), there.subscribe('other')]
    await cut()
    await vi.waitFor(() => expect([here.healthy, there.healthy]).toContain(false))
    here.announce('unheard')
    expect(await mine.wait()).toBe(true)
    expect(await other.wait()).toBe(true)
    await vi.waitFor(() => expect([here.healthy, there.healthy]).toEqual([true, true]))
    // and the lines hold
    await Promise.all([mine, other].map((wakeUp) => wakeUp.wait(50)))
    const next = mine.wait()
    there.announce('mine')
    expect(await next).toBe(true)
    mine.close()
    other.close()
  })

  test('that is lost is made up for by the poll', async () => {
    const polling = await open({ pollMs: 20 })
    const wakeUp = polling.subscribe('any')
    expect(await wakeUp.wait()).toBe(true)
    expect(await wakeUp.wait()).toBe(true)
    await polling.close()
    expect(await wakeUp.wait()).toBe(false)
    expect(polling.subscribers).toBe(0)
  })
})

describe('the connection for signals', () => {
  test('is found dead when it is open to nobody, and replaced', async () => {
    const proxy = await openProxy(database.poolConfig)
    const signals = await open({ poolConfig: { ...database.poolConfig, ...proxy.address }, checkMs: 40 })
    const wakeUp = signals.subscribe('one')
    proxy.freeze()
    await vi.waitFor(() => expect(signals.healthy).toBe(false))
    proxy.thaw()
    // it looks again, since what was told meanwhile was missed
    expect(await wakeUp.wait()).toBe(true)
    expect(signals.healthy).toBe(true)
    const next = wakeUp.wait()
    here.announce('one')
    expect(await next).toBe(true)
    await signals.close()
    await proxy.close()
  })

  test('tells the others, once it is back, what it could not tell in the meantime', async () => {
    const proxy = await openProxy(database.poolConfig)
    const signals = await open({ poolConfig: { ...database.poolConfig, ...proxy.address }, checkMs: 40 })
    const other = there.subscribe('one')
    proxy.freeze()
    await vi.waitFor(() => expect(signals.healthy).toBe(false))
    signals.announce('one')
    const woken = other.wait()
    proxy.thaw()
    expect(await woken).toBe(true)
    other.close()
    await signals.close()
    await proxy.close()
  })

  test('that can never be had is told to anyone who opens it', async () => {
    await expect(open({ poolConfig: { ...database.poolConfig, database: 'nowhere' } })).rejects.toThrow(
      'nowhere',
    )
  })

  test('is given up by closing, also while there is none', async () => {
    const proxy = await openProxy(database.poolConfig)
    const signals = await open({ poolConfig: { ...database.poolConfig, ...proxy.address }, checkMs: 20 })
    proxy.freeze()
    await vi.waitFor(() => expect(signals.healthy).toBe(false))
    signals.announce('one')
    await signals.close()
    expect(signals.healthy).toBe(false)
    await proxy.close()
  })

  test('sends the last announcements before it closes', async () => {
    const signals = await open()
    const wakeUp = here.subscribe('last')
    signals.announce('last')
    await signals.close()
    expect(await wakeUp.wait()).toBe(true)
    wakeUp.close()
  })
})

/** Ends every connection that listens. */
async function cut(): Promise<void> {
  const client = new Client(database.poolConfig)
  await client.connect()
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'pawl signals%'`,
  )
  await client.end()
}

/** A way to the database that can fall silent: connections stay open, and nothing passes. */
async function openProxy({ host, port }: PoolConfig) {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-proxy-'))
  const sockets = new Set<Socket>()
  let frozen = false
  const server = createServer((near) => {
    const far = host?.startsWith('/')
      ? createConnection(`${host}/.s.PGSQL.${port}`)
      : createConnection(Number(port), host)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (data) => frozen || to.write(data))
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  server.listen(join(folder, `.s.PGSQL.${port}`))
  await once(server, 'listening')
  return {
    address: { host: folder },
    freeze: () => void (frozen = true),
    thaw: () => void (frozen = false),
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await rm(folder, { recursive: true })
    },
  }
}
