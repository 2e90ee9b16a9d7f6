import { afterAll, beforeAll, expect, test } from 'vitest'
import { finishExecution, startExecution, touchExecution } from '../../../src/commands/activity/executions.ts'
import { sweep } from '../../../src/commands/sweep.ts'
import { tick } from '../../../src/store/account/tick.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { runIn } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'

let here: TestCommands
beforeAll(async () => {
  here = await openTestCommands({ workflows: [SOLO], settings: { orphanAfterSeconds: 1000 } })
})
afterAll(() => here.close())

async function launch(input: object = {}): Promise<string> {
  const answer = await startExecution(here.commands, here.callers.worker, { command: 'agent', ...input })
  if (!answer.ok) throw new Error(answer.problem.message)
  return answer.execution.id
}

const passTime = (id: string, seconds: number) =>
  here.store.pool.query(
    `UPDATE execution SET started_at = started_at - make_interval(secs => $2),
       touched_at = touched_at - make_interval(secs => $2) WHERE id = $1`,
    [id, seconds],
  )

async function endOf(id: string): Promise<string | null | undefined> {
  await sweep(here.commands, here.callers.admin, false)
  const { rows } = await here.store.pool.query<{ end: string | null }>(
    'SELECT "end" FROM execution WHERE id = $1',
    [id],
  )
  return rows[0]?.end
}

const touch = (id: string, as = here.callers.worker) => touchExecution(here.commands, as, id)

test('an execution of no run lives by the signs of its supervisor, and ends without', async () => {
  const id = await launch()
  await passTime(id, 900)
  expect(await endOf(id)).toBeNull()
  expect(await touch(id)).toMatchObject({ ok: true, execution: { id, end: null } })
  await passTime(id, 900)
  expect(await endOf(id)).toBeNull()
  await passTime(id, 200)
  expect(await endOf(id)).toBe('SUPERVISOR_LOST')
  expect(await touch(id)).toMatchObject({ problem: { type: 'ExecutionAlreadyFinished' } })
  // what a process did is a fact, which may be told late, once
  const finish = (exitCode: number) =>
    finishExecution(here.commands, here.callers.worker, { executionId: id, exitCode })
  expect(await finish(0)).toMatchObject({ ok: true, execution: { end: 'EXITED', exitCode: 0, late: true } })
  expect(await finish(1)).toMatchObject({ problem: { type: 'ExecutionAlreadyFinished' } })
  expect(await endOf(id)).toBe('EXITED')
})

test('a sign of life is its principal’s to give, for an execution of no run', async () => {
  const id = await launch()
  const other = { ...here.callers.worker, principalId: 'prn_other' }
  expect(await touch(id, other)).toMatchObject({ problem: { type: 'Forbidden' } })
  expect(await touch(id, { ...here.callers.worker, name: 'rotated' })).toMatchObject({ ok: true })
  expect(await touch('exe_01jd0000000000000000000000')).toMatchObject({
    problem: { type: 'NotFound' },
  })
  const { id: runId } = await runIn(here, 'RUNNING', { leaseSeconds: 600 })
  const ofRun = await launch({ runId, fence: 1 })
  expect(await touch(ofRun)).toMatchObject({ problem: { type: 'InvalidInput' } })
  await passTime(ofRun, 2000)
  expect(await endOf(ofRun)).toBeNull()
})

test('anyone who slept with the servers gets a chance to give it', async () => {
  const id = await launch()
  await passTime(id, 2000)
  await here.store.pool.query(`UPDATE installation SET tick_at = tick_at - interval '1 hour'`)
  await tick(here.store.pool)
  expect(await endOf(id)).toBeNull()
})
