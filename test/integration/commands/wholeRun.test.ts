import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunResult, RunSuccess } from '../../../src/commands/kit/answers.ts'
import { claimRun } from '../../../src/commands/run/claimRun.ts'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import { finishExecution, startExecution } from '../../../src/commands/activity/executions.ts'
import { runCommands as runs } from '../../../src/commands/run/runCommands.ts'
import { startRun } from '../../../src/commands/run/startRun.ts'
import { verifyRun } from '../../../src/commands/run/verifyRun.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { toStart } from '../../support/runs.ts'

let test_: TestCommands
beforeAll(async () => {
  test_ = await openTestCommands()
})
afterAll(() => test_.close())

function accepted(answer: RunResult): RunSuccess {
  if (!answer.ok) throw new Error(`${answer.problem.type}: ${answer.problem.message}`)
  return answer
}

describe('one run from start to a proven end', () => {
  test('is COMPLETED on its evidence alone, phase by phase, and is what its log says (G3, G6)', async () => {
    const { commands, callers } = test_
    const { operator, worker } = callers
    const started = accepted(await startRun(commands, operator, toStart({ workflow: 'review' })))
    const runId = started.run.run.id
    expect(started.run.run).toMatchObject({
      status: 'QUEUED',
      revision: 2,
      epoch: 1,
      currentPhase: 'context',
    })

    const claimed = accepted(await claimRun(commands, worker, { owner: 'w', leaseSeconds: 30 }))
    expect(claimed.run.run).toMatchObject({ id: runId, status: 'RUNNING', fence: 1 })
    const fence = 1
    accepted(await runs.startPhase(commands, worker, { runId, phase: 'context', fence }))
    const execution = await startExecution(commands, worker, {
      runId,
      phase: 'context',
      command: 'agent',
      fence,
    })
    if (!execution.ok) throw new Error(execution.problem.message)
    for (const to of ['change-context', 'analysis', 'reviews', 'aggregation', 'discourse', 'synthesis'])
      accepted(await runs.advancePhase(commands, worker, { runId, to, fence }))
    expect(await runs.advancePhase(commands, worker, { runId, to: 'complete', fence })).toMatchObject({
      problem: { type: 'NotCompletable', missing: [{ kind: 'ROUND' }] },
    })
    accepted(await runs.completeRound(commands, worker, { runId, fence, summary: { findings: 3 } }))
    accepted(await runs.advancePhase(commands, worker, { runId, to: 'complete', fence }))
    const ended = await finishExecution(commands, worker, {
      executionId: execution.execution.id,
      fence,
      exitCode: 0,
    })
    if (!ended.ok) throw new Error(ended.problem.message)
    const completed = accepted(await runs.completeRun(commands, worker, { runId, fence, output: 'done' }))
    expect(completed.run.run).toMatchObject({
      status: 'COMPLETED',
      reason: 'COMPLETED',
      claim: null,
      output: 'done',
    })

    expect(await verifyRun(commands, operator, runId)).toMatchObject({ consistent: true, differences: [] })
    expect(accepted(await runs.cancelRun(commands, operator, { runId })).changed).toBe(false)
    expect(await deleteRun(commands, operator, { runId, idempotencyKey: 'd' })).toMatchObject({
      replayed: false,
    })
    expect(await deleteRun(commands, operator, { runId, idempotencyKey: 'd' })).toMatchObject({
      replayed: true,
    })
  })
})
