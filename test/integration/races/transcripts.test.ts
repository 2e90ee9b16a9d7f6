import { afterAll, beforeAll, expect, test } from 'vitest'
import { appendTranscript, openSession } from '../../../src/commands/activity/sessions.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { holdRow, readProven, untilBlocked } from '../../support/race.ts'
import { runIn } from '../../support/runs.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'
import { toContents } from '../../support/entries.ts'

let here: TestCommands
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
})
afterAll(() => here.close())

test('an append waits for the run before it holds the session, as what changes both does: neither waits for the other', async () => {
  const { commands, callers, store } = here
  const { id: runId } = await runIn(here, 'RUNNING')
  const opened = await openSession(commands, callers.worker, {
    runId,
    role: 'writer',
    adapter: 'scripted',
    fence: 1,
  })
  if (!opened.ok) throw new Error(opened.problem.message)
  const sessionId = opened.row.id
  const row = await holdRow(store.pool, runId)
  const appending = appendTranscript(commands, callers.worker, {
    sessionId,
    fence: 1,
    fromSeq: 1,
    entries: toContents('a', 'b'),
  })
  await untilBlocked(store.pool, 1)
  // the order of a decision: first the run, then what hangs below it
  await row.query('UPDATE session SET fence = fence WHERE id = $1', [sessionId])
  await row.letGo()
  expect(await appending).toEqual({ ok: true, nextSeq: 3 })
  await readProven(here, runId)
})
