import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { withRunLocked } from '../../../src/store/sql/withRowLocked.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { readProven } from '../../support/race.ts'
import { accepted, begin } from '../../support/runs.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'

const { pauseRun } = runCommands

let here: TestCommands
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
})
afterAll(() => here.close())

test('a connection that breaks while it holds a run fails that one write, and nothing else', async () => {
  const { id: runId } = await begin(here)
  const broken = withRunLocked(here.store, runId, async (connection) => {
    const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    const gone = new Promise((resolve) => connection.once('end', resolve))
    await here.store.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
    await gone
    return connection.query('SELECT 1')
  })
  await expect(broken).rejects.toThrow()
  expect(accepted(await pauseRun(here.commands, here.callers.operator, { runId })).run.run.status).toBe(
    'PAUSED',
  )
  await readProven(here, runId)
})

test('a server that stops while it holds a run is cut off, so that others make progress (G5)', async () => {
  const { id: runId } = await begin(here)
  let thaw = () => {}
  const frozen = new Promise<void>((resolve) => (thaw = resolve))
  let hold = () => {}
  const held = new Promise<void>((resolve) => (hold = resolve))
  const stopped = withRunLocked(here.store, runId, async (connection) => {
    hold()
    await frozen
    return connection.query('SELECT 1')
  })
  await held
  // it has to wait for the row, for as long as the other is believed to be alive
  expect(accepted(await pauseRun(here.openServer(), here.callers.operator, { runId })).run.run.status).toBe(
    'PAUSED',
  )
  thaw()
  await expect(stopped).rejects.toThrow()
})
