import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deleteRun } from '../../../src/commands/deleteRun.ts'
import * as runs from '../../../src/commands/runCommands.ts'
import { tailDirectives } from '../../../src/events/tailDirectives.ts'
import {
  fail,
  finish,
  OPERATOR,
  openTestServers,
  pull,
  readAll,
  startAtWork,
  type TestServer,
  type TestServers,
  WORKER,
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

const follow = (runId: string, fence = 1) => tailDirectives(here.streams, { runId, fence })

/** Moves the expiry of a lease, as a renewal does: without a signal. */
const expireIn = (runId: string, ms: number) =>
  servers.store.pool.query(
    `UPDATE run SET lease_expires_at = clock_timestamp() + make_interval(secs => $2) WHERE id = $1`,
    [runId, ms / 1000],
  )

describe('the directives for an owner', () => {
  test('begin with how it stands, change as the run does, and end with STOP', async () => {
    const { id } = await startAtWork(here.commands)
    const tail = follow(id)
    expect(await pull(tail)).toEqual({ kind: 'CONTINUE' })
    const paused = pull(tail)
    await runs.pauseRun(there.commands, OPERATOR, { runId: id })
    expect(await paused).toEqual({ kind: 'PAUSE' })
    const resumed = pull(tail)
    await runs.resumeRun(there.commands, OPERATOR, { runId: id })
    expect(await resumed).toEqual({ kind: 'CONTINUE' })
    const cancelled = pull(tail)
    await work(there.commands, id)
    await runs.cancelRun(there.commands, OPERATOR, { runId: id })
    expect(await cancelled).toEqual({ kind: 'CANCEL' })
    const rest = readAll(tail)
    await runs.confirmCancel(there.commands, WORKER, { runId: id, fence: 1 })
    expect(await rest).toEqual([{ kind: 'STOP' }])
  })

  test('are LEASE_LOST alone for a fence that is not on the row, and where there is no run', async () => {
    const { id } = await startAtWork(here.commands)
    expect(await readAll(follow(id, 2))).toEqual([{ kind: 'LEASE_LOST' }])
    expect(await readAll(follow('run_nothing'))).toEqual([{ kind: 'LEASE_LOST' }])
    await runs.releaseRun(here.commands, WORKER, { runId: id, fence: 1 })
    expect(await readAll(follow(id))).toEqual([{ kind: 'LEASE_LOST' }])
  })

  test('tell STOP to the owner of a run that settled under it, also when it asks late', async () => {
    const { id } = await startAtWork(here.commands)
    await fail(here.commands, id)
    expect(await readAll(follow(id))).toEqual([{ kind: 'STOP' }])
    await deleteRun(here.commands, OPERATOR, { runId: id })
    expect(await readAll(follow(id))).toEqual([{ kind: 'LEASE_LOST' }])
  })

  test('notice by themselves that the lease expires, and that it was renewed before', async () => {
    const { id } = await startAtWork(here.commands)
    await expireIn(id, 150)
    const tail = follow(id)
    expect(await pull(tail)).toEqual({ kind: 'CONTINUE' })
    const begun = Date.now()
    const rest = readAll(tail)
    await expireIn(id, 400)
    expect(await rest).toEqual([{ kind: 'LEASE_LOST' }])
    // not at the first expiry, which was moved, but at the second
    expect(Date.now() - begun).toBeGreaterThanOrEqual(300)
  })

  test('do not take a lease for lost that expired while nobody kept watch', async () => {
    const { id } = await startAtWork(here.commands)
    await expireIn(id, -1_000)
    await servers.store.pool.query(
      `UPDATE installation SET tick_at = clock_timestamp() - interval '1 minute'`,
    )
    const tail = follow(id)
    expect(await pull(tail)).toEqual({ kind: 'CONTINUE' })
    await tail.return()
    const { rows } = await servers.store.pool.query(
      'SELECT lease_expires_at > clock_timestamp() AS live FROM run WHERE id = $1',
      [id],
    )
    expect(rows).toEqual([{ live: true }])
  })

  test('have no expiry to wait for under a claim without a lease', async () => {
    const { id } = await startAtWork(here.commands, { owner: 'w', leaseSeconds: 0 })
    const tail = follow(id)
    expect(await pull(tail)).toEqual({ kind: 'CONTINUE' })
    const rest = readAll(tail)
    await finish(there.commands, id)
    expect(await rest).toEqual([{ kind: 'STOP' }])
  })

  test('end at once by the signal', async () => {
    const { id } = await startAtWork(here.commands)
    const before = here.signals.subscribers
    const stop = new AbortController()
    const tail = tailDirectives(here.streams, { runId: id, fence: 1, signal: stop.signal })
    await pull(tail)
    const end = tail.next()
    stop.abort()
    expect(await end).toEqual({ done: true, value: undefined })
    expect(here.signals.subscribers).toBe(before)
  })
})
