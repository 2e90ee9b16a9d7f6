import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import { acknowledgeMessage, sendMessage } from '../../../src/commands/activity/messages.ts'
import { runCommands as runs } from '../../../src/commands/run/runCommands.ts'
import { openSession, updateSession } from '../../../src/commands/activity/sessions.ts'
import { tailDirectives } from '../../../src/events/tailDirectives.ts'
import type { Message } from '../../../src/lifecycle/run/run.ts'
import type { DirectiveKind } from '../../../src/lifecycle/run/enums.ts'
import {
  done,
  fail,
  finish,
  OPERATOR,
  openTestServers,
  pull,
  pullMany,
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

const told = (kind: DirectiveKind) => ({ kind, message: null })

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
    expect(await pull(tail)).toEqual(told('CONTINUE'))
    const paused = pull(tail)
    await runs.pauseRun(there.commands, OPERATOR, { runId: id })
    expect(await paused).toEqual(told('PAUSE'))
    const resumed = pull(tail)
    await runs.resumeRun(there.commands, OPERATOR, { runId: id })
    expect(await resumed).toEqual(told('CONTINUE'))
    const cancelled = pull(tail)
    await work(there.commands, id)
    await runs.cancelRun(there.commands, OPERATOR, { runId: id })
    expect(await cancelled).toEqual(told('CANCEL'))
    const rest = readAll(tail)
    await runs.confirmCancel(there.commands, WORKER, { runId: id, fence: 1 })
    expect(await rest).toEqual([told('STOP')])
  })

  test('are LEASE_LOST alone for a fence that is not on the row, and where there is no run', async () => {
    const { id } = await startAtWork(here.commands)
    expect(await readAll(follow(id, 2))).toEqual([told('LEASE_LOST')])
    expect(await readAll(follow('run_nothing'))).toEqual([told('LEASE_LOST')])
    await runs.releaseRun(here.commands, WORKER, { runId: id, fence: 1 })
    expect(await readAll(follow(id))).toEqual([told('LEASE_LOST')])
  })

  test('tell STOP to the owner of a run that settled under it, also when it asks late', async () => {
    const { id } = await startAtWork(here.commands)
    await fail(here.commands, id)
    expect(await readAll(follow(id))).toEqual([told('STOP')])
    await deleteRun(here.commands, OPERATOR, { runId: id })
    expect(await readAll(follow(id))).toEqual([told('LEASE_LOST')])
  })

  test('notice by themselves that the lease expires, and that it was renewed before', async () => {
    const { id } = await startAtWork(here.commands)
    await expireIn(id, 150)
    const tail = follow(id)
    expect(await pull(tail)).toEqual(told('CONTINUE'))
    const begun = Date.now()
    const rest = readAll(tail)
    await expireIn(id, 400)
    expect(await rest).toEqual([told('LEASE_LOST')])
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
    expect(await pull(tail)).toEqual(told('CONTINUE'))
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
    expect(await pull(tail)).toEqual(told('CONTINUE'))
    const rest = readAll(tail)
    await finish(there.commands, id)
    expect(await rest).toEqual([told('STOP')])
  })

  test('hand each message over once, a FOLLOW_UP only when a session is READY', async () => {
    const { id: runId } = await startAtWork(here.commands)
    const sent = async (text: string, mode: 'STEER' | 'FOLLOW_UP' = 'STEER') =>
      done(await sendMessage(there.commands, OPERATOR, { runId, text, mode })).row
    const message = (row: Message) => ({ kind: 'MESSAGE', message: row })
    const first = await sent('one')
    const tail = follow(runId)
    expect(await pullMany(tail, 2)).toEqual([told('CONTINUE'), message(first)])
    // where nobody is to be waited for, a FOLLOW_UP comes at once
    const second = await sent('two', 'FOLLOW_UP')
    expect(await pull(tail)).toEqual(message(second))

    const session = { runId, role: 'writer', adapter: 'scripted', fence: 1 }
    const { id: sessionId } = done(await openSession(there.commands, WORKER, session)).row
    const held = await sent('held', 'FOLLOW_UP')
    const now = await sent('now')
    expect(await pull(tail)).toEqual(message(now))
    for (const status of ['BOOTSTRAPPING', 'READY'] as const)
      done(await updateSession(there.commands, WORKER, { sessionId, status, fence: 1 }))
    expect(await pull(tail)).toEqual(message(held))

    // whoever comes anew is handed what nobody has acknowledged, in the order in which it was sent
    done(
      await acknowledgeMessage(there.commands, WORKER, {
        messageId: first.id,
        receipt: 'DELIVERED',
        fence: 1,
      }),
    )
    const again = follow(runId)
    expect(await pullMany(again, 4)).toEqual([told('CONTINUE'), message(second), message(held), message(now)])
    await again.return()

    // and nothing more where the run is over
    const rest = readAll(tail)
    await sent('late')
    await fail(there.commands, runId)
    expect((await rest).at(-1)).toEqual(told('STOP'))
    expect(await readAll(follow(runId))).toEqual([told('STOP')])
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
