import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Commands } from '../../../src/commands/kit/context.ts'
import { finishExecution, startExecution } from '../../../src/commands/activity/executions.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { sweepRun } from '../../../src/commands/run/changeRun.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { passTime } from '../../support/passTime.ts'
import {
  atOnce,
  countEvents,
  holdRow,
  inFlight,
  readProven,
  repeat,
  untilBlocked,
} from '../../support/race.ts'
import { accepted, refused, runIn } from '../../support/runs.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'

const { cancelRun, completeRun, confirmCancel, failRun, pauseRun, releaseRun, startPhase } = runCommands

let here: TestCommands
let one: Commands
let other: Commands
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
  one = here.commands
  other = here.openServer()
})
afterAll(() => here.close())

/** A run that could be completed now, held under fence 1 with or without a lease. */
async function completable(leaseSeconds: number): Promise<string> {
  const { id: runId } = await runIn(here, 'RUNNING', { leaseSeconds })
  accepted(await startPhase(one, here.callers.worker, { runId, phase: 'work', fence: 1 }))
  return runId
}

describe('a cancel against a completion', () => {
  test('of a run that somebody holds: completed, or cancelling and never completed any more (G2, G9)', () =>
    repeat(40, async () => {
      const runId = await completable(30)
      const [cancelled, completed] = await Promise.all([
        cancelRun(one, here.callers.operator, { runId }),
        completeRun(other, here.callers.worker, { runId, fence: 1 }),
      ])
      const { run, events } = await readProven(here, runId)
      if (completed.ok) {
        expect(run.status).toBe('COMPLETED')
        expect(accepted(cancelled)).toMatchObject({ changed: false, run: { run: { status: 'COMPLETED' } } })
      } else {
        expect(completed.problem).toMatchObject({ type: 'NotCompletable', status: 'CANCELLING' })
        expect(accepted(cancelled).changed).toBe(true)
        expect(run.status).toBe('CANCELLING')
        accepted(await confirmCancel(one, here.callers.worker, { runId, fence: 1 }))
      }
      expect(countEvents(events, 'run.completed') + countEvents(events, 'run.cancel_requested')).toBe(1)
    }))

  test('of a run claimed without a lease: exactly one of the two settles it (G2)', () =>
    repeat(40, async () => {
      const runId = await completable(0)
      const [cancelled, completed] = await Promise.all([
        cancelRun(one, here.callers.operator, { runId }),
        completeRun(other, here.callers.worker, { runId, fence: 1 }),
      ])
      expect(accepted(cancelled).changed).toBe(!completed.ok)
      if (!completed.ok) expect(completed.problem.type).toBe('LeaseLost')
      const { events, run } = await readProven(here, runId)
      expect(run.status).toBe(completed.ok ? 'COMPLETED' : 'CANCELLED')
      expect(events.filter(({ type }) => type === 'run.completed' || type === 'run.cancelled')).toHaveLength(
        1,
      )
    }))

  test('and a failure, a pause, a release and a lapse: one settled status at most in an epoch', () =>
    repeat(25, async (time) => {
      const runId = await completable(30)
      const { worker, operator } = here.callers
      if (time % 2 === 0) await passTime(here.store, runId, 29.99)
      await Promise.all([
        completeRun(one, worker, { runId, fence: 1 }),
        cancelRun(other, operator, { runId }),
        failRun(one, worker, { runId, fence: 1, error: 'x' }),
        pauseRun(other, operator, { runId }),
        releaseRun(one, worker, { runId, fence: 1 }),
        sweepRun(other, runId),
      ])
      const { events } = await readProven(here, runId)
      const settling = new Set(['run.completed', 'run.cancelled', 'run.failed', 'run.expired'])
      const epochs = events.filter(({ type }) => settling.has(type)).map(({ epoch }) => epoch)
      expect(epochs).toEqual([...new Set(epochs)])
    }))
})

describe('a cancel against the start of an execution', () => {
  test('leaves no execution in flight below a settled run', () =>
    repeat(40, async () => {
      const runId = await completable(0)
      const [cancelled, started] = await Promise.all([
        cancelRun(one, here.callers.operator, { runId }),
        startExecution(other, here.callers.worker, { runId, command: 'agent', fence: 1 }),
      ])
      expect(accepted(cancelled).run.run.status).toBe('CANCELLED')
      const { run } = await readProven(here, runId)
      expect(inFlight(run)).toEqual([])
      expect(run.executions).toHaveLength(started.ok ? 1 : 0)
      if (!started.ok) expect(started.problem.type).toBe('LeaseLost')
      else expect(run.executions[0]?.end).toBe('CLOSED_BY_RUN')
    }))

  test('sees an execution that was committed while the cancel waited for the row', () =>
    repeat(5, async () => {
      const runId = await completable(0)
      const row = await holdRow(here.store.pool, runId)
      const starting = startExecution(other, here.callers.worker, { runId, command: 'agent', fence: 1 })
      await untilBlocked(here.store.pool, 1)
      const cancelling = cancelRun(one, here.callers.operator, { runId })
      await untilBlocked(here.store.pool, 2)
      await row.letGo()
      expect(await starting).toMatchObject({ ok: true })
      expect(accepted(await cancelling).run.run.status).toBe('CANCELLED')
      const { run } = await readProven(here, runId)
      expect(run.executions.map(({ end }) => end)).toEqual(['CLOSED_BY_RUN'])
    }))
})

describe('the end of an execution', () => {
  test('is recorded once, whoever tells it, and against the end of the run', () =>
    repeat(25, async () => {
      const runId = await completable(30)
      const started = await startExecution(one, here.callers.worker, { runId, command: 'agent', fence: 1 })
      if (!started.ok) throw new Error(started.problem.message)
      const executionId = started.execution.id
      const [, ...told] = await Promise.all([
        failRun(one, here.callers.worker, { runId, fence: 1, error: 'x' }),
        ...[0, 1, 2, 3].map((exitCode) =>
          finishExecution(exitCode % 2 ? one : other, here.callers.worker, {
            executionId,
            fence: 1,
            exitCode,
          }),
        ),
      ])
      const winners = told.filter(({ ok }) => ok)
      expect(winners).toHaveLength(1)
      for (const answer of told.filter(({ ok }) => !ok))
        expect(refused(answer).type).toBe('ExecutionAlreadyFinished')
      const { run } = await readProven(here, runId)
      expect(run.status).toBe('FAILED')
      const [winner] = winners
      if (winner?.ok)
        expect(run.executions).toMatchObject([{ end: 'EXITED', exitCode: winner.execution.exitCode }])
    }))
})

describe('two cancels and two confirmations', () => {
  test('make one CANCELLED run, confirmed once (G9)', () =>
    repeat(25, async () => {
      const runId = await completable(30)
      const cancels = await atOnce(4, [one, other], (server) =>
        cancelRun(server, here.callers.operator, { runId }),
      )
      expect(cancels.filter((answer) => accepted(answer).changed)).toHaveLength(1)
      const confirms = await atOnce(4, [one, other], (server) =>
        confirmCancel(server, here.callers.worker, { runId, fence: 1 }),
      )
      expect(confirms.filter(({ ok }) => ok)).toHaveLength(1)
      for (const answer of confirms.filter(({ ok }) => !ok)) expect(refused(answer).type).toBe('LeaseLost')
      const { run, events } = await readProven(here, runId)
      expect(run).toMatchObject({ status: 'CANCELLED', cancelConfirmed: true, claim: null })
      expect(countEvents(events, 'run.cancelled')).toBe(1)
    }))
})
