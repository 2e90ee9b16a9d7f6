import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Commands } from '../../../src/commands/kit/context.ts'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import { appendTranscript, openSession, updateSession } from '../../../src/commands/activity/sessions.ts'
import { tailTranscript } from '../../../src/events/tailTranscript.ts'
import type { Entry } from '../../../src/store/activity/transcript/entries.ts'
import { readTranscript } from '../../../src/store/activity/transcript/readTranscript.ts'
import {
  done,
  fail,
  finish,
  oneTo,
  OPERATOR,
  openTestServers,
  pull,
  pullMany,
  readAll,
  seededRandom,
  startAtWork,
  type TestServer,
  type TestServers,
  WORKER,
} from './support.ts'
import { toContents } from '../../support/entries.ts'

let servers: TestServers
let here: TestServer
let there: TestServer
beforeAll(async () => {
  servers = await openTestServers()
  here = await servers.openStreamServer()
  there = await servers.openStreamServer()
})
afterAll(() => servers.close())

/** A session of a run at work, held under fence 1. */
async function openAtWork(): Promise<{ runId: string; sessionId: string }> {
  const { id: runId } = await startAtWork(here.commands)
  const session = { runId, role: 'writer', adapter: 'scripted', fence: 1 }
  return { runId, sessionId: done(await openSession(here.commands, WORKER, session)).row.id }
}

/** Appends entries that say their own numbers; returns the number to go on from. */
async function append(commands: Commands, sessionId: string, fromSeq: number, many: number): Promise<number> {
  const entries = toContents(...oneTo(many).map((n) => `entry ${fromSeq + n - 1}`))
  const answer = await appendTranscript(commands, WORKER, { sessionId, fence: 1, fromSeq, entries })
  if (!answer.ok) throw new Error(`${answer.problem.type}: ${answer.problem.message}`)
  return answer.nextSeq
}

const dispose = async (sessionId: string) =>
  done(await updateSession(there.commands, WORKER, { sessionId, status: 'DISPOSED', fence: 1 }))
const follow = (session: { runId: string; sessionId: string }, after = 0, signal?: AbortSignal) =>
  tailTranscript(here.streams, { ...session, after, signal })
const numbers = (entries: readonly Entry[]) => entries.map(({ seq }) => seq)

/** What was told is the entries from one number to another: each once, in order, and saying what was appended. */
function expectEntries(entries: readonly Entry[], from: number, to: number): void {
  expect(numbers(entries)).toEqual(oneTo(to - from + 1).map((n) => n + from - 1))
  expect(entries.filter(({ seq, text }) => text !== `entry ${seq}`)).toEqual([])
}

describe('a transcript', () => {
  test('is told from the beginning, then as it comes, and ends with its session', async () => {
    const session = await openAtWork()
    await append(here.commands, session.sessionId, 1, 3)
    const tail = follow(session)
    expectEntries(await pullMany(tail, 3), 1, 3)
    const next = pull(tail)
    await append(there.commands, session.sessionId, 4, 1)
    expectEntries([await next], 4, 4)
    const rest = readAll(tail)
    await dispose(session.sessionId)
    expect(await rest).toEqual([])
    expectEntries(await readAll(follow(session)), 1, 4)
    expectEntries(await readAll(follow(session, 2)), 3, 4)
    expect(await readAll(follow(session, 4))).toEqual([])
    await expect(readAll(follow(session, 9))).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' })
  })

  test('ends when its run settles, having told what was appended before', async () => {
    for (const settle of [fail, finish]) {
      const session = await openAtWork()
      const rest = readAll(follow(session))
      await append(there.commands, session.sessionId, 1, 5)
      await settle(there.commands, session.runId)
      expectEntries(await rest, 1, 5)
    }
  })

  test('is told to its end, though the last chunks came after the run had settled', async () => {
    const session = await openAtWork()
    await append(here.commands, session.sessionId, 1, 2)
    await fail(here.commands, session.runId)
    await append(here.commands, session.sessionId, 3, 2)
    expectEntries(await readAll(follow(session)), 1, 4)
  })

  test('is over for a session that is not there, and for one whose run is deleted', async () => {
    const session = await openAtWork()
    expect(await readAll(follow({ ...session, sessionId: 'ses_nothing' }))).toEqual([])
    await fail(here.commands, session.runId)
    await append(here.commands, session.sessionId, 1, 1)
    const tail = follow(session)
    await pull(tail)
    await deleteRun(here.commands, OPERATOR, { runId: session.runId })
    expect(await readAll(tail)).toEqual([])
  })

  test('has neither gap nor double for readers that come, drop and go on while others append', async () => {
    const session = await openAtWork()
    const { sessionId } = session
    const last = 400
    const random = seededRandom(7)

    /** Appends in pieces, over and over from where it believes the end to be: what is there already is absorbed. */
    async function write(commands: Commands): Promise<void> {
      for (let from = 1; from <= last;) {
        const answer = await appendTranscript(commands, WORKER, {
          sessionId,
          fence: 1,
          fromSeq: from,
          entries: toContents(
            ...oneTo(Math.min(1 + random(7), last - from + 1)).map((n) => `entry ${from + n - 1}`),
          ),
        })
        if (answer.ok) from = answer.nextSeq
        else throw new Error(answer.problem.type)
      }
    }

    /** Reads to the end, dropping its stream from time to time and going on from its own cursor. */
    async function readOn(server: TestServer): Promise<Entry[]> {
      const all: Entry[] = []
      for (;;) {
        const after = all.at(-1)?.seq ?? 0
        const tail = tailTranscript(server.streams, { ...session, after })
        for (let left = 1 + random(60); left > 0; left--) {
          const { done: isOver, value } = await tail.next()
          if (isOver) return all
          all.push(value)
        }
        await tail.return()
      }
    }

    const whole = readAll(follow(session))
    const dropping = [here, there, here].map(readOn)
    await Promise.all([write(here.commands), write(there.commands), write(there.commands)])
    const late = readAll(follow(session, 100))
    await dispose(sessionId)
    expectEntries(await whole, 1, last)
    for (const reader of dropping) expectEntries(await reader, 1, last)
    expectEntries(await late, 101, last)
  })

  test('is read in pages that hold no more than so much', async () => {
    const session = await openAtWork()
    const big = 'x'.repeat(60_000)
    const texts = oneTo(60).map((n) => `${n} ${big}`)
    for (const from of [0, 20, 40])
      await appendTranscript(here.commands, WORKER, {
        sessionId: session.sessionId,
        fence: 1,
        fromSeq: from + 1,
        entries: toContents(...texts.slice(from, from + 20)),
      })
    await dispose(session.sessionId)
    const page = await readTranscript(servers.store.pool, session.sessionId, 0, 100)
    expect(page?.entries.length).toBe(Math.ceil(1_048_576 / (big.length + 2)))
    const all = await readAll(follow(session))
    expect(all.map(({ text }) => text?.length)).toEqual(texts.map(({ length }) => length))
    expect(numbers(all)).toEqual(oneTo(60))
  })

  test('ends at once by the signal', async () => {
    const session = await openAtWork()
    const before = here.signals.subscribers
    const stop = new AbortController()
    const tail = follow(session, 0, stop.signal)
    const end = tail.next()
    await expect.poll(() => here.signals.subscribers).toBe(before + 1)
    stop.abort()
    expect(await end).toEqual({ done: true, value: undefined })
    expect(here.signals.subscribers).toBe(before)
  })
})
