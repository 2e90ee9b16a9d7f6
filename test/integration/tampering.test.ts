import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startExecution } from '../../src/commands/activity/executions.ts'
import { submitArtifact } from '../../src/commands/activity/artifacts.ts'
import { openSession } from '../../src/commands/activity/sessions.ts'
import { removeContentOfRuns } from '../../src/commands/run/removeContent.ts'
import { runCommands } from '../../src/commands/run/runCommands.ts'
import { checkRuns, verifyRun } from '../../src/commands/run/verifyRun.ts'
import {
  EXECUTION_ENDS,
  PHASE_STATUSES,
  ROLES,
  RUN_REASONS,
  RUN_STATUSES,
} from '../../src/lifecycle/run/enums.ts'
import { openTestCommands, type TestCommands } from '../support/commands.ts'
import { accepted, runIn } from '../support/runs.ts'
import { TEST_WORKFLOWS } from '../support/workflows.ts'

const { advancePhase, cancelRun, confirmCancel, failRun, resumeRun, startPhase } = runCommands

let here: TestCommands
let sql: pg.Client
beforeAll(async () => {
  here = await openTestCommands({ workflows: TEST_WORKFLOWS })
  sql = new pg.Client(here.poolConfig)
  await sql.connect()
  // whoever may do this is past every backstop: what is left is to notice
  await sql.query('SET session_replication_role = replica')
})
afterAll(async () => {
  await sql.end()
  await here.close()
})

/** A run in its second epoch, with phases in several states and an execution in flight. */
async function eventful(): Promise<string> {
  const { commands, callers } = here
  const { id: runId } = await runIn(here, 'RUNNING', {
    workflow: 'rounds',
    labels: ['one'],
    input: { task: 'it' },
  })
  accepted(await startPhase(commands, callers.worker, { runId, phase: 'draft', fence: 1 }))
  accepted(await failRun(commands, callers.worker, { runId, fence: 1, error: 'broken' }))
  const claim = { owner: 'second', leaseSeconds: 300 }
  accepted(await resumeRun(commands, callers.worker, { runId, claim }))
  accepted(await startPhase(commands, callers.worker, { runId, phase: 'draft', fence: 2 }))
  accepted(await advancePhase(commands, callers.worker, { runId, to: 'check', fence: 2 }))
  expect(await startExecution(commands, callers.worker, { runId, command: 'agent', fence: 2 })).toMatchObject(
    { ok: true },
  )
  return runId
}

const TAMPERINGS = [
  `UPDATE run SET status = 'PAUSED' WHERE id = $1`,
  `UPDATE run SET title = 'another' WHERE id = $1`,
  `UPDATE run SET input = '{"task": "another"}' WHERE id = $1`,
  `UPDATE run SET labels = '{}' WHERE id = $1`,
  `UPDATE run SET lease_owner = 'thief' WHERE id = $1`,
  `UPDATE run SET fence = fence + 1 WHERE id = $1`,
  `UPDATE run SET epoch = epoch + 1 WHERE id = $1`,
  `UPDATE run SET revision = revision - 1 WHERE id = $1`,
  `UPDATE run SET resumes = 0 WHERE id = $1`,
  `UPDATE run SET status_at = status_at - interval '1 s' WHERE id = $1`,
  `UPDATE run SET created_by = 'somebody' WHERE id = $1`,
  `UPDATE run SET away_ms = away_ms + 1000 WHERE id = $1`,
  `UPDATE run SET queued_from = created_at - interval '1 hour' WHERE id = $1`,
  `UPDATE run SET chain_id = 'run_of_another' WHERE id = $1`,
  `UPDATE phase SET status = 'COMPLETED' WHERE run_id = $1 AND key = 'check'`,
  `UPDATE phase SET attempts = 7 WHERE run_id = $1 AND key = 'draft'`,
  `UPDATE phase_attempt SET status = 'COMPLETED' WHERE run_id = $1 AND attempt = 1 AND epoch = 1`,
  `DELETE FROM phase_attempt WHERE run_id = $1 AND attempt = 1 AND epoch = 1`,
  `DELETE FROM phase WHERE run_id = $1 AND key = 'done'`,
  `UPDATE execution SET command = 'another' WHERE run_id = $1`,
  `UPDATE execution SET exit_code = 0, "end" = 'EXITED', ended_at = now() WHERE run_id = $1`,
  `DELETE FROM execution WHERE run_id = $1`,
  `DELETE FROM event WHERE run_id = $1 AND seq = 3`,
  `DELETE FROM event WHERE run_id = $1 AND seq = (SELECT revision FROM run WHERE id = $1)`,
  `UPDATE event SET epoch = 2 WHERE run_id = $1 AND seq = 3`,
  `UPDATE event SET at = at + interval '1 s' WHERE run_id = $1 AND type = 'run.resumed'`,
  `UPDATE event SET payload = payload || '{"owner": "thief"}' WHERE run_id = $1 AND type = 'run.claimed'`,
  `UPDATE event SET payload = '{}' WHERE run_id = $1 AND seq = 2`,
  `UPDATE event SET type = 'run.vanished' WHERE run_id = $1 AND seq = 2`,
  `INSERT INTO event (run_id, seq, epoch, type, actor, at, payload)
     SELECT id, revision + 1, epoch, 'run.paused', 'mallory', now(), '{"comment": null}' FROM run WHERE id = $1`,
]

describe('going around everything the database holds', () => {
  test.for(TAMPERINGS)('is found by checking all runs: %s (G6)', async (tampering) => {
    const id = await eventful()
    const { commands, callers } = here
    expect(await verifyRun(commands, callers.admin, id)).toMatchObject({ consistent: true, differences: [] })
    const { rowCount } = await sql.query(tampering, [id])
    expect(rowCount).toBeGreaterThan(0)
    const report = await checkRuns(commands, callers.admin, { first: 1000, after: null })
    if (!report.ok) throw new Error(report.problem.message)
    expect(report.violations.filter(({ runId }) => runId === id)).not.toEqual([])
    expect(report.violations.filter(({ runId }) => runId !== id)).toEqual([])
    await sql.query('DELETE FROM event WHERE run_id = $1', [id])
    await sql.query('DELETE FROM run WHERE id = $1', [id])
  })

  test.for([
    `UPDATE event SET payload = jsonb_set(payload, '{input}', '{"task": "it"}') WHERE run_id = $1 AND seq = 1`,
    `UPDATE event SET payload = jsonb_set(payload, '{comment}', '"why"') WHERE run_id = $1 AND type = 'run.cancel_requested'`,
    `UPDATE event SET request = '{"task": "it"}' WHERE run_id = $1 AND seq = 1`,
    `UPDATE run SET input = '{"task": "it"}' WHERE id = $1`,
    `INSERT INTO entry (session_id, seq, kind, text, at) SELECT id, 1, 'MESSAGE', 'raisins', now() FROM session WHERE run_id = $1`,
    `UPDATE artifact SET content = 'raisins' WHERE run_id = $1`,
  ])('content that is left on a run whose content was removed is found: %s', async (tampering) => {
    const { commands, callers } = here
    const { id: runId } = await runIn(here, 'RUNNING', { workflow: 'gated', project: 'emptied', input: 'it' })
    const driving = { runId, phase: 'plan', fence: 1 }
    accepted(await startPhase(commands, callers.worker, driving))
    const opened = await openSession(commands, callers.worker, { ...driving, role: 'writer', adapter: 'a' })
    expect(opened).toMatchObject({ ok: true })
    expect(
      await submitArtifact(commands, callers.worker, { ...driving, path: 'plan.md', content: 'seven' }),
    ).toMatchObject({ ok: true })
    accepted(await cancelRun(commands, callers.operator, { runId }))
    accepted(await confirmCancel(commands, callers.worker, { runId, fence: 1 }))
    const removal = { olderThanSeconds: 0, project: 'emptied', isDryRun: false, first: 100, after: null }
    expect(await removeContentOfRuns(commands, callers.admin, removal)).toMatchObject({
      failed: [],
      projects: [{ runs: 1 }],
    })
    const find = async () => {
      const report = await checkRuns(commands, callers.admin, { first: 1000, after: null })
      return report.ok ? report.violations.filter((each) => each.runId === runId) : []
    }
    expect(await find()).toEqual([])
    expect((await sql.query(tampering, [runId])).rowCount).toBeGreaterThan(0)
    expect(await find()).not.toEqual([])
    await sql.query('DELETE FROM event WHERE run_id = $1', [runId])
    await sql.query('DELETE FROM run WHERE id = $1', [runId])
  })

  test('is not imagined: what may change beside the log is found fault with by nobody', async () => {
    const id = await eventful()
    await sql.query(
      `UPDATE run SET lease_expires_at = lease_expires_at + interval '1 s', last_activity_at = now(), due_at = NULL WHERE id = $1`,
      [id],
    )
    expect(await verifyRun(here.commands, here.callers.admin, id)).toMatchObject({ consistent: true })
  })
})

test.for([
  ['run_status', RUN_STATUSES],
  ['run_reason', RUN_REASONS],
  ['phase_status', PHASE_STATUSES],
  ['execution_end', EXECUTION_ENDS],
  ['role', ROLES],
] as const)('the database knows the same words as the code: %s', async ([name, words]) => {
  const { rows } = await sql.query<{ word: string }>(
    'SELECT e.enumlabel AS word FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid WHERE t.typname = $1 ORDER BY e.enumsortorder',
    [name],
  )
  expect(rows.map(({ word }) => word)).toEqual([...words])
})
