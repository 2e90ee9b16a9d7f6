import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunResult } from '../../src/commands/kit/answers.ts'
import { sweepRun } from '../../src/commands/run/changeRun.ts'
import { claimRun } from '../../src/commands/run/claimRun.ts'
import { deleteRun } from '../../src/commands/run/deleteRun.ts'
import { finishExecution, startExecution } from '../../src/commands/activity/executions.ts'
import { runCommands } from '../../src/commands/run/runCommands.ts'
import { startRun } from '../../src/commands/run/startRun.ts'
import { openTestCommands, type TestCommands } from '../support/commands.ts'
import { passTime } from '../support/passTime.ts'
import { readProven } from '../support/race.ts'
import { accepted, begin, refused, runIn, toStart } from '../support/runs.ts'
import { TEST_WORKFLOWS } from '../support/workflows.ts'

const { cancelRun, completeRun, confirmCancel, failRun, pauseRun, releaseRun, resumeRun, startPhase } =
  runCommands

let here: TestCommands
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
})
afterAll(() => here.close())

const mismatch = (...differingPaths: string[]) => ({ type: 'IdempotencyMismatch', differingPaths })

/** A run that timed out under its owner, who still holds the lease of fence 1. */
async function timedOut(): Promise<string> {
  const { id: runId } = await runIn(here, 'RUNNING', { workflow: 'timed', leaseSeconds: 3600 })
  await passTime(here.store, runId, 1801)
  const { run } = accepted(await sweepRun(here.commands, runId)).run
  expect(run).toMatchObject({ status: 'FAILED', reason: 'IDLE_TIMEOUT', claim: { fence: 1 } })
  return runId
}

describe('a command that is sent again with its key (G7)', () => {
  test('is answered with the run as it is now, and what it did then', async () => {
    const { commands, callers } = here
    const { id: runId } = await runIn(here, 'RUNNING')
    const input = { runId, phase: 'work', fence: 1, idempotencyKey: 'begin the work' }
    const first = accepted(await startPhase(commands, callers.worker, input))
    accepted(await completeRun(commands, callers.worker, { runId, fence: 1 }))
    const again = accepted(await startPhase(commands, callers.worker, input))
    expect(again).toMatchObject({ replayed: true, changed: true, event: first.event })
    expect(again.run.run.status).toBe('COMPLETED')
    expect(
      refused(await startPhase(commands, callers.worker, { ...input, fence: 2, isRepair: true })),
    ).toMatchObject(mismatch('fence', 'isRepair'))
  })

  test('that was refused is decided again: only what was accepted is kept', async () => {
    const { commands, callers } = here
    const { id: runId } = await begin(here)
    const input = { runId, fence: 1, idempotencyKey: 'too early' }
    expect(refused(await completeRun(commands, callers.worker, input)).type).toBe('LeaseLost')
    accepted(await claimRun(commands, callers.worker, { runId, owner: 'o', leaseSeconds: 30 }))
    accepted(await startPhase(commands, callers.worker, { runId, phase: 'work', fence: 1 }))
    expect(accepted(await completeRun(commands, callers.worker, input))).toMatchObject({ replayed: false })
  })

  test('answers with what the first answer said, also after the run has settled', async () => {
    const { commands, callers } = here
    const { worker, operator } = callers
    const key = (idempotencyKey: string) => ({ idempotencyKey })
    const start = toStart(key('start'))
    const { id: runId } = accepted(await startRun(commands, operator, start)).run.run
    const claim = { runId, owner: 'o', leaseSeconds: 30, ...key('claim') }
    const asks: (() => Promise<RunResult>)[] = [
      () => startRun(commands, operator, start),
      () => claimRun(commands, worker, claim),
      () => startPhase(commands, worker, { runId, phase: 'work', fence: 1, ...key('work') }),
      () => pauseRun(commands, operator, { runId, ...key('pause') }),
      () => resumeRun(commands, operator, { runId, ...key('resume') }),
      () => cancelRun(commands, operator, { runId, ...key('cancel') }),
      () => confirmCancel(commands, worker, { runId, fence: 1, ...key('confirm') }),
    ]
    const saidFirst = []
    for (const ask of asks) {
      saidFirst.push(accepted(await ask()))
      expect(accepted(await ask())).toMatchObject({ replayed: true, changed: true })
    }
    for (const [index, ask] of asks.entries()) {
      const { changed, event } = saidFirst[index]!
      expect(accepted(await ask())).toMatchObject({ replayed: true, changed, event })
    }
  })

  test('that had nothing to change keeps no key', async () => {
    const { commands, callers } = here
    const { id: runId } = await runIn(here, 'CANCELLED')
    const input = { runId, idempotencyKey: 'nothing to do' }
    for (const comment of ['one', 'other'])
      expect(accepted(await cancelRun(commands, callers.operator, { ...input, comment }))).toMatchObject({
        changed: false,
        replayed: false,
        event: null,
      })
  })

  test('counts its key for its own operation and project only', async () => {
    const { commands, callers } = here
    const idempotencyKey = 'one word for all'
    const start = (project: string) =>
      startRun(commands, callers.admin, toStart({ project, idempotencyKey, request: { project } }))
    const one = accepted(await start('p1')).run.run
    const other = accepted(await start('p2')).run.run
    expect(one.id).not.toBe(other.id)
    accepted(await cancelRun(commands, callers.admin, { runId: one.id, idempotencyKey }))
    accepted(await cancelRun(commands, callers.admin, { runId: other.id, idempotencyKey }))
    expect(await deleteRun(commands, callers.admin, { runId: one.id, idempotencyKey })).toMatchObject({
      ok: true,
    })
  })

  test('does not know the keys of another project’s claims of whatever waits', async () => {
    const { commands, callers } = here
    const waiting = await begin(here, { project: 'theirs', labels: ['any'] })
    const input = { owner: 'o', leaseSeconds: 30, labels: ['any'], idempotencyKey: 'whatever waits' }
    expect(accepted(await claimRun(commands, callers.admin, input)).run.run.id).toBe(waiting.id)
    const replayed = accepted(await claimRun(commands, callers.admin, input))
    expect([replayed.run.run.id, replayed.replayed]).toEqual([waiting.id, true])
    // whoever else uses the same key claims for itself: it learns nothing of that claim, and is kept from nothing by it
    const stranger = { ...callers.worker, projects: ['ours'] }
    expect(refused(await claimRun(commands, stranger, input)).type).toBe('NothingToClaim')
    const own = await begin(here, { project: 'ours', labels: ['any'] })
    expect(accepted(await claimRun(commands, stranger, input)).run.run.id).toBe(own.id)
    const sameElsewhere = { ...stranger, projects: ['others'] }
    expect(refused(await claimRun(commands, sameElsewhere, input)).type).toBe('NothingToClaim')
  })

  test('is a new one where its run was deleted: its keys went with it', async () => {
    const { commands, callers } = here
    const start = toStart({ idempotencyKey: 'start it again' })
    const first = accepted(await startRun(commands, callers.admin, start)).run.run
    accepted(await cancelRun(commands, callers.admin, { runId: first.id }))
    expect(await deleteRun(commands, callers.admin, { runId: first.id })).toMatchObject({ ok: true })
    const second = accepted(await startRun(commands, callers.admin, start))
    expect(second).toMatchObject({ replayed: false })
    expect(second.run.run.id).not.toBe(first.id)
  })
})

describe('a fact told after the end, sent again with its key (G7)', () => {
  test('is the release of a run that settled under its owner, also once another holds the run', async () => {
    const { commands, callers } = here
    const runId = await timedOut()
    const input = { runId, fence: 1, idempotencyKey: 'let go' }
    expect(accepted(await releaseRun(commands, callers.worker, input))).toMatchObject({
      changed: true,
      event: null,
    })
    expect(accepted(await releaseRun(commands, callers.worker, input))).toMatchObject({ replayed: true })
    const claim = { owner: 'second', leaseSeconds: 30 }
    accepted(await resumeRun(commands, callers.worker, { runId, claim }))
    const again = accepted(await releaseRun(commands, callers.worker, input))
    expect(again).toMatchObject({ replayed: true, changed: true })
    expect(again.run.run.claim).toMatchObject({ owner: 'second', fence: 2 })
    expect(refused(await releaseRun(commands, callers.worker, { ...input, fence: 2 }))).toMatchObject(
      mismatch('fence'),
    )
    await readProven(here, runId)
  })

  test('is the end of an execution, and another end under that key is refused', async () => {
    const { commands, callers } = here
    const { id: runId } = await runIn(here, 'RUNNING')
    const started = await startExecution(commands, callers.worker, { runId, command: 'agent', fence: 1 })
    if (!started.ok) throw new Error(started.problem.message)
    accepted(await failRun(commands, callers.worker, { runId, fence: 1, error: 'x' }))
    const input = { executionId: started.execution.id, fence: 1, exitCode: 0, idempotencyKey: 'it ended' }
    expect(await finishExecution(commands, callers.worker, input)).toMatchObject({
      ok: true,
      replayed: false,
    })
    expect(await finishExecution(commands, callers.worker, input)).toMatchObject({ ok: true, replayed: true })
    expect(refused(await finishExecution(commands, callers.worker, { ...input, exitCode: 1 }))).toMatchObject(
      mismatch('exitCode'),
    )
    const { run } = await readProven(here, runId)
    expect(run.executions).toMatchObject([{ exitCode: 0, end: 'EXITED', late: true }])
  })
})
