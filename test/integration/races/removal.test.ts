import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Commands } from '../../../src/commands/kit/context.ts'
import { removeContentOfRuns } from '../../../src/commands/run/removeContent.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { atOnce, countEvents, holdRow, readProven, repeat, untilBlocked } from '../../support/race.ts'
import { begin, refused, runIn } from '../../support/runs.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'

const { resumeRun } = runCommands

let here: TestCommands
let servers: Commands[]
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
  servers = [here.commands, here.openServer(), here.openServer()]
})
afterAll(() => here.close())

const remove = async (server: Commands, project: string): Promise<number> => {
  const input = { olderThanSeconds: 0, project, isDryRun: false, first: 100, after: null }
  const answer = await removeContentOfRuns(server, here.callers.admin, input)
  if (!answer.ok) throw new Error(answer.problem.message)
  expect(answer.failed).toEqual([])
  return answer.projects.reduce((sum, { runs }) => sum + runs, 0)
}

test('content is removed, or the run is resumed, never both, and its log is whole (G1, G6)', () =>
  repeat(25, async (time) => {
    const project = `resumed ${time}`
    const { id: runId } = await runIn(here, 'FAILED', { project, input: { task: 'it' } })
    const removed: number[] = []
    const resumed = await atOnce(6, servers, async (server, place) => {
      if (place % 2 === 0) return resumeRun(server, here.callers.operator, { runId })
      removed.push(await remove(server, project))
      return null
    })
    const { run, events } = await readProven(here, runId)
    const isRemoved = run.contentRemovedAt !== null
    expect(removed.reduce((sum, count) => sum + count, 0)).toBe(isRemoved ? 1 : 0)
    expect(countEvents(events, 'run.resumed')).toBe(isRemoved ? 0 : 1)
    expect(run.input).toEqual(isRemoved ? null : { task: 'it' })
    for (const answer of resumed)
      if (isRemoved && answer) expect(refused(answer)).toMatchObject({ because: 'CONTENT_REMOVED' })
  }))

test('a resume that was decided before the content went, and is written after, is refused', async () => {
  const { id: runId } = await runIn(here, 'FAILED', { project: 'late' })
  const { pool } = here.store
  const remover = await holdRow(pool, runId)
  const resuming = resumeRun(here.commands, here.callers.operator, { runId })
  await untilBlocked(pool, 1)
  await remover.query(
    `UPDATE run SET content_removed_at = clock_timestamp(), content_removed_by = 'system' WHERE id = $1`,
    [runId],
  )
  await remover.letGo()
  expect(refused(await resuming)).toMatchObject({ type: 'NotResumable', because: 'CONTENT_REMOVED' })
})

test('a run is continued while its content goes: both are what their logs say (G6)', () =>
  repeat(12, async (time) => {
    const project = `continued ${time}`
    const { id: runId } = await runIn(here, 'FAILED', { project, input: { task: 'it' } })
    const [continued] = await Promise.all([
      begin(here, { project, continuesRunId: runId }),
      remove(servers[1] as Commands, project),
    ])
    const { run: next } = await readProven(here, continued.id)
    expect(next).toMatchObject({ continuesId: runId, status: 'QUEUED', contentRemovedAt: null })
    const { run } = await readProven(here, runId)
    expect(run.contentRemovedAt).not.toBeNull()
  }))
