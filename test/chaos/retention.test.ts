import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { checkRuns } from '../../src/commands/run/verifyRun.ts'
import { openTestCommands, type TestCommands } from '../support/commands.ts'
import { passTime } from '../support/passTime.ts'
import { runIn } from '../support/runs.ts'
import { toUrl } from '../support/server.ts'
import { spawnServer } from '../support/spawnServer.ts'
import { TEST_WORKFLOWS } from '../support/workflows.ts'

/** More than a server removes from at once, so that some are left when it is killed. */
const DUE = 50
const DAY = 86_400

let here: TestCommands
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
  for (let number = 0; number < DUE; number++) {
    const { id } = await runIn(here, 'FAILED', { input: { task: 'it' } })
    await passTime(here.store, id, 3 * DAY)
  }
})
afterAll(() => here.close())

async function countRemoved(): Promise<number> {
  const { rows } = await here.store.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM run WHERE content_removed_at IS NOT NULL',
  )
  return rows[0]?.count ?? 0
}

/** What `pawl doctor` finds; content that was left behind, too. */
async function examine(): Promise<readonly unknown[]> {
  const report = await checkRuns(here.commands, here.callers.admin, { first: 500, after: null })
  if (!report.ok) throw new Error(report.problem.message)
  return report.violations
}

test('a server that is killed while it removes content leaves each run whole or without, and the next one goes on (G6)', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'pawl-retention-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const settings = { DATABASE_URL: toUrl(here.poolConfig), PAWL_RETENTION_SECONDS: String(DAY) }
  const first = await spawnServer(dataDir, settings)
  await expect.poll(countRemoved, { interval: 1 }).toBeGreaterThan(0)
  first.child.kill('SIGKILL')
  await first.ended
  const removed = await countRemoved()
  expect(removed).toBeLessThan(DUE)
  expect(await examine()).toEqual([])
  const second = await spawnServer(dataDir, settings)
  await expect.poll(countRemoved).toBe(DUE)
  expect(await examine()).toEqual([])
  second.child.kill('SIGTERM')
  await second.ended
})
