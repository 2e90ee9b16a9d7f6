import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunResult } from '../../../src/commands/kit/answers.ts'
import { claimRun } from '../../../src/commands/run/claimRun.ts'
import type { Commands } from '../../../src/commands/kit/context.ts'
import { finishExecution, startExecution } from '../../../src/commands/activity/executions.ts'
import { renewLease } from '../../../src/commands/run/renewLease.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { startRun } from '../../../src/commands/run/startRun.ts'
import { sweepDue } from '../../../src/commands/sweep.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { passTime } from '../../support/passTime.ts'
import { atOnce, countEvents, holdRow, readProven, repeat, untilBlocked } from '../../support/race.ts'
import { accepted, begin, refused, runIn, toStart } from '../../support/runs.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'

const { advancePhase, cancelRun, pauseRun, releaseRun, resumeRun } = runCommands

let here: TestCommands
let servers: Commands[]
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
  servers = [here.commands, here.openServer(), here.openServer(), here.openServer()]
})
afterAll(() => here.close())

const succeeded = (answers: readonly RunResult[]) => answers.filter(({ ok }) => ok)

describe('32 writers on one run', () => {
  test('all get through: nobody gives up, nothing is lost, and the log is whole (G1)', () =>
    repeat(4, async () => {
      const { id: runId } = await runIn(here, 'RUNNING')
      const started = await atOnce(32, servers, (server, place) =>
        startExecution(server, here.callers.worker, { runId, command: `agent ${place}`, fence: 1 }),
      )
      const ids = started.map((answer) => (answer.ok ? answer.execution.id : answer.problem.message))
      const { run, events } = await readProven(here, runId)
      expect(run.executions.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
      expect(countEvents(events, 'execution.started')).toBe(32)
      const finished = await atOnce(32, servers, (server, place) =>
        finishExecution(server, here.callers.worker, {
          executionId: ids[place] ?? '',
          fence: 1,
          exitCode: place,
        }),
      )
      expect(finished.filter(({ ok }) => !ok)).toEqual([])
      expect((await readProven(here, runId)).run.executions.every(({ end }) => end === 'EXITED')).toBe(true)
    }))

  test('of every kind, with renewals among them, all get an answer', () =>
    repeat(6, async () => {
      const { id: runId } = await runIn(here, 'RUNNING')
      const { worker, operator } = here.callers
      const kinds: ((server: Commands) => Promise<{ ok: boolean }>)[] = [
        (server) => startExecution(server, worker, { runId, command: 'agent', fence: 1 }),
        (server) => pauseRun(server, operator, { runId }),
        (server) => resumeRun(server, operator, { runId }),
        (server) => renewLease(server, worker, { runId, fence: 1 }),
        (server) => advancePhase(server, worker, { runId, to: 'work', fence: 1 }),
        (server) => claimRun(server, worker, { runId, owner: 'next', leaseSeconds: 30 }),
        (server) => sweepDue(server),
        (server) => renewLease(server, worker, { runId, fence: 1, leaseSeconds: 40 }),
      ]
      const answers = await atOnce(32, servers, (server, place) =>
        (kinds[place % kinds.length] ?? fail('no such kind'))(server),
      )
      expect(answers.every(({ ok }) => typeof ok === 'boolean')).toBe(true)
      await readProven(here, runId)
    }))

  test('that want one status: one has changed it, the others found it so', () =>
    repeat(6, async () => {
      const { id: runId } = await begin(here)
      const answers = await atOnce(32, servers, (server) =>
        cancelRun(server, here.callers.operator, { runId }),
      )
      expect(answers.filter((answer) => accepted(answer).changed)).toHaveLength(1)
      expect(countEvents((await readProven(here, runId)).events, 'run.cancelled')).toBe(1)
    }))

  test('wait for a slow one, and are answered by what it left behind', async () => {
    const { id: runId } = await runIn(here, 'RUNNING')
    const row = await holdRow(here.store.pool, runId)
    const paused = atOnce(8, servers, (server) => pauseRun(server, here.callers.operator, { runId }))
    // one of each server, with the others of that server behind it
    await untilBlocked(here.store.pool, servers.length)
    await row.letGo()
    const answers = await paused
    expect(succeeded(answers)).toHaveLength(1)
    for (const answer of answers.filter(({ ok }) => !ok))
      expect(refused(answer)).toMatchObject({ type: 'NotPausable', status: 'PAUSED' })
  })
})

describe('one idempotency key', () => {
  test('50 times at once starts one run, and all are told of the same (G7)', () =>
    repeat(5, async (time) => {
      const start = toStart({ idempotencyKey: `start ${time}`, title: 'once', request: { title: 'once' } })
      const answers = await atOnce(50, servers, (server) => startRun(server, here.callers.operator, start))
      const runs = answers.map((answer) => accepted(answer))
      expect(new Set(runs.map(({ run }) => run.run.id)).size).toBe(1)
      expect(runs.filter(({ replayed }) => !replayed)).toHaveLength(1)
      // a replay answers as the first one did
      expect(runs.every(({ changed }) => changed)).toBe(true)
    }))

  test('together with a concurrency key starts one run: no twin of a start is its rival (G7)', () =>
    repeat(5, async (time) => {
      const start = toStart({ idempotencyKey: `twin ${time}`, concurrencyKey: `twin ${time}`, request: {} })
      const answers = await atOnce(30, servers, (server) => startRun(server, here.callers.operator, start))
      const runs = answers.map((answer) => accepted(answer))
      expect(new Set(runs.map(({ run }) => run.run.id)).size).toBe(1)
      expect(runs.filter(({ replayed }) => !replayed)).toHaveLength(1)
    }))

  test('50 times at once on one run does one thing, and all are told of the same event (G7)', () =>
    repeat(3, async (time) => {
      const { id: runId } = await runIn(here, 'RUNNING')
      const input = { runId, command: 'agent', fence: 1, idempotencyKey: `execute ${time}` }
      const answers = await atOnce(50, servers, (server) =>
        startExecution(server, here.callers.worker, input),
      )
      const ids = answers.map((answer) => (answer.ok ? answer.execution.id : answer.problem.message))
      expect(new Set(ids).size).toBe(1)
      expect(answers.filter((answer) => answer.ok && !answer.replayed)).toHaveLength(1)
      expect((await readProven(here, runId)).run.executions).toHaveLength(1)
    }))

  test('at once starts and ends one execution that belongs to no run (G7)', () =>
    repeat(10, async (time) => {
      const { worker } = here.callers
      const start = { command: 'agent', idempotencyKey: `alone ${time}` }
      const started = await atOnce(12, servers, (server) => startExecution(server, worker, start))
      const ids = started.map((answer) => (answer.ok ? answer.execution.id : answer.problem.message))
      expect(new Set(ids).size).toBe(1)
      const finish = { executionId: ids[0] ?? '', exitCode: 0, idempotencyKey: `alone ${time}` }
      const finished = await atOnce(12, servers, (server) => finishExecution(server, worker, finish))
      expect(finished.filter(({ ok }) => !ok)).toEqual([])
      expect(finished.filter((answer) => answer.ok && !answer.replayed)).toHaveLength(1)
      expect(refused(await finishExecution(here.commands, worker, { ...finish, exitCode: 1 }))).toMatchObject(
        {
          type: 'IdempotencyMismatch',
          differingPaths: ['exitCode'],
        },
      )
    }))

  test('at once on many runs is accepted for one of them and refused for the others', () =>
    repeat(5, async (time) => {
      const runs = await atOnce(8, servers, () => begin(here))
      const answers = await atOnce(8, servers, (server, place) =>
        cancelRun(server, here.callers.operator, {
          runId: runs[place]?.id ?? '',
          idempotencyKey: `cancel one ${time}`,
        }),
      )
      expect(succeeded(answers)).toHaveLength(1)
      for (const answer of answers.filter(({ ok }) => !ok))
        expect(refused(answer)).toMatchObject({ type: 'IdempotencyMismatch', differingPaths: ['runId'] })
    }))

  test.for([6, 1])('at once claims one of %i runs that wait, and all are told of that run', (waiting) =>
    repeat(10, async (time) => {
      const labels = [`keyed ${waiting} ${time}`]
      await atOnce(waiting, servers, () => begin(here, { labels }))
      const input = {
        owner: 'o',
        leaseSeconds: 30,
        labels,
        idempotencyKey: `claim any of ${waiting} ${time}`,
      }
      const answers = await atOnce(12, servers, (server) => claimRun(server, here.callers.worker, input))
      const claimed = answers.map((answer) => accepted(answer))
      expect(new Set(claimed.map(({ run }) => run.run.id)).size).toBe(1)
      expect(claimed.every(({ run }) => run.run.status === 'RUNNING')).toBe(true)
      expect(claimed.filter(({ replayed }) => !replayed)).toHaveLength(1)
    }),
  )

  test('with another input is refused, naming the paths that differ, also at once (G7)', () =>
    repeat(5, async (time) => {
      const idempotencyKey = `differs ${time}`
      const answers = await atOnce(12, servers, (server, place) =>
        startRun(
          server,
          here.callers.operator,
          toStart({
            idempotencyKey,
            request: { title: 'same', input: { n: place % 3, list: [1, place % 3] } },
          }),
        ),
      )
      const ids = new Set(succeeded(answers).map((answer) => accepted(answer).run.run.id))
      expect(ids.size).toBe(1)
      expect(answers.filter(({ ok }) => !ok)).toHaveLength(8)
      for (const answer of answers.filter(({ ok }) => !ok))
        expect(refused(answer)).toMatchObject({
          type: 'IdempotencyMismatch',
          differingPaths: ['input.list.1', 'input.n'],
        })
    }))
})

describe('one concurrency key', () => {
  test('lets one of 20 starts through; the others are told who holds it', () =>
    repeat(6, async (time) => {
      const start = toStart({ concurrencyKey: `worktree ${time}` })
      const answers = await atOnce(20, servers, (server) => startRun(server, here.callers.operator, start))
      const [winner, ...more] = succeeded(answers).map((answer) => accepted(answer).run.run.id)
      expect(more).toEqual([])
      const losers = answers.filter(({ ok }) => !ok).map((answer) => refused(answer))
      expect(losers).toHaveLength(19)
      for (const loser of losers)
        expect(loser).toMatchObject({
          type: 'ConcurrencyConflict',
          holder: { run: { id: winner, status: 'QUEUED' } },
        })
    }))

  test('is free in another project, and when its holder has settled and nobody holds it', async () => {
    const concurrencyKey = 'worktree x'
    const { id: runId } = await runIn(here, 'RUNNING', { concurrencyKey })
    expect((await begin(here, { concurrencyKey, project: 'elsewhere' })).status).toBe('QUEUED')
    accepted(await cancelRun(here.commands, here.callers.operator, { runId }))
    const start = toStart({ concurrencyKey })
    expect(refused(await startRun(here.commands, here.callers.operator, start))).toMatchObject({
      type: 'ConcurrencyConflict',
      holder: { run: { id: runId, status: 'CANCELLING' } },
    })
    accepted(await releaseRun(here.commands, here.callers.worker, { runId, fence: 1 }))
    expect(accepted(await startRun(here.commands, here.callers.operator, start)).changed).toBe(true)
  })

  test('passes from a holder whose owner is lost to anyone who asks, within the ask (G5)', () =>
    repeat(6, async (time) => {
      const concurrencyKey = `lost worktree ${time}`
      const { id: runId } = await runIn(here, 'RUNNING', { concurrencyKey })
      await passTime(here.store, runId, 31)
      const start = toStart({ concurrencyKey })
      const answers = await atOnce(10, servers, (server) => startRun(server, here.callers.operator, start))
      expect(succeeded(answers)).toHaveLength(1)
      expect((await readProven(here, runId)).run).toMatchObject({ status: 'FAILED', reason: 'OWNER_LOST' })
    }))
})

describe('sweeps of several servers at once', () => {
  test('move each lost run on exactly once (G5)', () =>
    repeat(4, async () => {
      const lost = await atOnce(16, servers, (_, place) =>
        runIn(here, 'RUNNING', { workflow: place % 2 ? 'solo' : 'relay' }),
      )
      const alive = await runIn(here, 'RUNNING')
      await Promise.all(lost.map(({ id }) => passTime(here.store, id, 31)))
      const swept = await atOnce(8, servers, (server) => sweepDue(server))
      for (const { id } of lost) {
        const { run, events } = await readProven(here, id)
        expect(run.status).toBe(run.workflow.name === 'relay' ? 'QUEUED' : 'FAILED')
        expect(countEvents(events, 'run.failed') + countEvents(events, 'run.requeued')).toBe(1)
        expect(swept.filter(({ lapsed }) => lapsed.includes(id)).length).toBeGreaterThan(0)
      }
      expect((await readProven(here, alive.id)).run.status).toBe('RUNNING')
      expect(swept.some(({ lapsed }) => lapsed.includes(alive.id))).toBe(false)
    }))

  test('tell each run they moved on once', async () => {
    const { id } = await runIn(here, 'RUNNING')
    await passTime(here.store, id, 31)
    const swept = await atOnce(8, servers, (server) => sweepDue(server))
    expect(swept.filter(({ lapsed }) => lapsed.includes(id))).toHaveLength(1)
  })
})

function fail(message: string): never {
  throw new Error(message)
}
