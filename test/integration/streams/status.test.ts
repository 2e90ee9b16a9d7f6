import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import { runCommands as runs } from '../../../src/commands/run/runCommands.ts'
import { tailStatus } from '../../../src/events/tailStatus.ts'
import {
  countReads,
  fail,
  finish,
  oneTo,
  OPERATOR,
  openTestServers,
  pull,
  readAll,
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

describe('the status of a run', () => {
  test('is told as it is, then after each change, and ends with a final one', async () => {
    const run = await startAtWork(here.commands)
    const tail = tailStatus(here.streams, { runId: run.id })
    expect(await pull(tail)).toMatchObject({ run: { id: run.id, status: 'RUNNING', revision: run.revision } })
    const next = pull(tail)
    await runs.pauseRun(there.commands, OPERATOR, { runId: run.id })
    expect(await next).toMatchObject({ run: { status: 'PAUSED' } })
    const last = readAll(tail)
    await finish(there.commands, run.id)
    expect((await last).at(-1)).toMatchObject({ run: { status: 'CANCELLED', cancelConfirmed: true } })
  })

  test('comes first only where the reader does not have it', async () => {
    const { id, revision } = await startAtWork(here.commands)
    const behind = tailStatus(here.streams, { runId: id, after: revision - 1 })
    expect(await pull(behind)).toMatchObject({ run: { revision } })
    const level = tailStatus(here.streams, { runId: id, after: revision })
    const frames = [behind, level].map((tail) => pull(tail))
    const { revision: later } = await work(there.commands, id)
    for (const frame of await Promise.all(frames)) expect(frame).toMatchObject({ run: { revision: later } })
    await Promise.all([behind.return(), level.return()])
  })

  test('of a final run is one frame, or none for anyone who has it', async () => {
    const { id } = await start(here.commands)
    const { revision } = await finish(here.commands, id)
    expect(await readAll(tailStatus(here.streams, { runId: id }))).toMatchObject([{ run: { revision } }])
    expect(await readAll(tailStatus(here.streams, { runId: id, after: revision }))).toEqual([])
    expect(await readAll(tailStatus(here.streams, { runId: 'run_nothing' }))).toEqual([])
  })

  test('continues past a settled run that is resumed, in its next epoch, unless the end was asked for', async () => {
    const { id } = await startAtWork(here.commands)
    const { revision } = await fail(here.commands, id)
    const brief = await readAll(tailStatus(here.streams, { runId: id, untilSettled: true }))
    expect(brief).toMatchObject([{ run: { status: 'FAILED', epoch: 1 } }])
    const patient = tailStatus(here.streams, { runId: id, after: revision })
    const next = pull(patient)
    await runs.resumeRun(there.commands, OPERATOR, { runId: id })
    expect(await next).toMatchObject({ run: { status: 'QUEUED', epoch: 2 } })
    const end = patient.next()
    await finish(here.commands, id)
    expect(await end).toMatchObject({ value: { run: { status: 'CANCELLED', epoch: 2 } } })
    expect(await patient.next()).toMatchObject({ done: true })
  })

  test('ends when its run is deleted', async () => {
    const { id } = await startAtWork(here.commands)
    await fail(here.commands, id)
    const tail = tailStatus(here.streams, { runId: id })
    await pull(tail)
    const end = tail.next()
    await deleteRun(there.commands, OPERATOR, { runId: id })
    expect(await end).toEqual({ done: true, value: undefined })
  })

  test('is skipped to the latest by a reader that was away, at the cost of one read', async () => {
    const { id } = await startAtWork(here.commands)
    const tail = tailStatus(here.streams, { runId: id })
    await pull(tail)
    const reads = countReads(here.commands.store, 'load-run')
    let { revision } = await work(here.commands, id)
    for (let step = 0; step < 50; step++) ({ revision } = await work(there.commands, id))
    expect(reads()).toBe(0)
    expect(await pull(tail)).toMatchObject({ run: { revision } })
    expect(reads()).toBe(1)
    await tail.return()
  })

  test.each([1, 2])('never goes back, however fast anybody reads or writes (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const { id } = await startAtWork(here.commands)
    async function follow(pace: number): Promise<void> {
      let revision = 0
      let last = ''
      for await (const { run } of tailStatus([here, there][random(2)]!.streams, { runId: id })) {
        expect(run.revision).toBeGreaterThan(revision)
        ;({ revision, status: last } = run)
        if (pace > 0) await new Promise((resolve) => setTimeout(resolve, random(pace)))
      }
      expect(last).toBe('CANCELLED')
    }
    const readers = [0, 0, 3, 10, 40].map(follow)
    for (let step = 0; step < 40; step++)
      await Promise.all(oneTo(2).map(() => work([here, there][random(2)]!.commands, id)))
    await finish(there.commands, id)
    await Promise.all(readers)
  })

  test('is read once for all who are woken together', async () => {
    const { id, revision } = await startAtWork(here.commands)
    const tails = oneTo(50).map(() => tailStatus(here.streams, { runId: id, after: revision }))
    const frames = tails.map((tail) => pull(tail))
    const reads = countReads(here.commands.store, 'load-run')
    const settled = await fail(there.commands, id)
    for (const frame of await Promise.all(frames)) expect(frame.run.revision).toBe(settled.revision)
    expect(reads()).toBeLessThanOrEqual(2)
    await Promise.all(tails.map((tail) => tail.return()))
  })
})
