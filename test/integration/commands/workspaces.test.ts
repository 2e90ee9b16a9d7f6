import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claimRun } from '../../../src/commands/run/claimRun.ts'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import { recordWorkspace } from '../../../src/commands/workspace/recordWorkspace.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { sweepDue } from '../../../src/commands/sweep.ts'
import { verifyRun, checkRuns } from '../../../src/commands/run/verifyRun.ts'
import {
  finishWorkspaceOperation,
  reportPreview,
  requestWorkspaceOperation,
  startWorkspaceOperation,
} from '../../../src/commands/workspace/workspaceOperations.ts'
import { findPatches } from '../../../src/store/workspace/findPatches.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { passTime } from '../../support/passTime.ts'
import { accepted, begin, refused, runIn } from '../../support/runs.ts'
import { RELAY, SOLO } from '../../support/workflows.ts'
import {
  operationOf,
  passTimeOf,
  perform,
  readWorkspace,
  request,
  settle,
  toPlace,
  workDone,
  workIn,
} from '../../support/workspaces.ts'

const { cancelRun, pauseRun, resumeRun } = runCommands

let here: TestCommands
let sql: pg.Pool
beforeAll(async () => {
  here = await openTestCommands({ workflows: [SOLO, RELAY] })
  sql = new pg.Pool({ ...here.poolConfig, max: 2 })
})
afterAll(async () => {
  await sql.end()
  await here.close()
})

const record = (runId: string, changes: Parameters<typeof toPlace>[1] = {}) =>
  recordWorkspace(here.commands, here.callers.worker, toPlace(runId, changes))
const recorded = async (...args: Parameters<typeof record>) => {
  const answer = await record(...args)
  if (!answer.ok) throw new Error(answer.problem.message)
  return { ...answer, workspace: answer.workspace.workspace }
}
const remove = (runId: string) => deleteRun(here.commands, here.callers.operator, { runId })
const DIFF = {
  ...{ head: 'beef', commitsAhead: 1, filesChanged: 0, insertions: 0, deletions: 0, files: [] },
  truncated: false,
}

describe('recording a workspace', () => {
  it('leaves the run alone: neither event nor revision, and its log proves it', async () => {
    const { run, workspace } = await workIn(here)
    expect(workspace).toMatchObject({ status: 'READY', revision: 1, runCount: 1, project: run.project })
    const answer = await verifyRun(here.commands, here.callers.admin, run.id)
    expect(answer).toMatchObject({ ok: true, consistent: true, run: { run: { revision: run.revision } } })
  })

  it('answers the same again, whatever is told the second time', async () => {
    const { run, workspace } = await workIn(here)
    for (const changes of [{}, { host: 'elsewhere', path: '/other' }, { idempotencyKey: 'again' }]) {
      const again = await recorded(run.id, changes)
      expect(again).toMatchObject({ created: false, replayed: false, workspace: { id: workspace.id } })
      expect(again.workspace).toEqual(workspace)
    }
  })

  it('answers under its key with the first result, and refuses another input', async () => {
    const { id } = await runIn(here, 'RUNNING', { leaseSeconds: 600 })
    const first = await recorded(id, { idempotencyKey: 'record-1' })
    const again = await recorded(id, { idempotencyKey: 'record-1' })
    expect([first.created, again.created]).toEqual([true, true])
    expect(again).toMatchObject({ replayed: true, workspace: { id: first.workspace.id } })
    expect(refused(await record(id, { idempotencyKey: 'record-1', path: '/other' }))).toMatchObject({
      type: 'IdempotencyMismatch',
      differingPaths: ['path'],
    })
  })

  it('is for the owner alone, while the run is RUNNING', async () => {
    const { id } = await runIn(here, 'RUNNING', { leaseSeconds: 600 })
    expect(refused(await record(id, { fence: 2 }))).toMatchObject({ type: 'LeaseLost', currentFence: 1 })
    accepted(await pauseRun(here.commands, here.callers.operator, { runId: id }))
    expect(refused(await record(id))).toMatchObject({ type: 'RunNotActive', status: 'PAUSED' })
    const queued = await begin(here)
    expect(refused(await record(queued.id, { fence: 0 }))).toMatchObject({ type: 'LeaseLost' })
    const late = await runIn(here, 'RUNNING')
    await passTime(here.store, late.id, 60)
    expect(refused(await record(late.id))).toMatchObject({ type: 'LeaseLost' })
    const unknown = 'run_01jd0000000000000000000000'
    expect(refused(await record(unknown))).toEqual(expect.objectContaining({ type: 'NotFound' }))
  })

  it('wants of a worktree what a diff and a merge need, and of a directory nothing', async () => {
    const { id } = await runIn(here, 'RUNNING', { leaseSeconds: 600 })
    const bare = { repository: null, branch: null, baseCommit: null }
    expect(refused(await record(id, bare))).toMatchObject({
      type: 'InvalidInput',
      issues: [{ path: ['repository'] }, { path: ['branch'] }, { path: ['baseCommit'] }],
    })
    expect(refused(await record(id, { kind: 'DIRECTORY' }))).toMatchObject({
      issues: [{ path: ['baseCommit'] }],
    })
    expect((await recorded(id, { kind: 'DIRECTORY', ...bare })).created).toBe(true)
  })

  it('of one directory by several runs is one workspace; told differently, it is taken', async () => {
    const place = { host: 'shared', path: '/shared', branch: 'main' }
    const { workspace } = await workIn(here, { place })
    const second = await workIn(here, { place })
    expect(second.workspace).toMatchObject({ id: workspace.id, runCount: 2, revision: 2 })
    const { id } = await runIn(here, 'RUNNING', { leaseSeconds: 600 })
    expect(refused(await record(id, { ...place, branch: 'other' }))).toMatchObject({
      type: 'WorkspaceTaken',
      workspace: { workspace: { id: workspace.id } },
    })
  })

  it('belongs to one project, of which another is told nothing', async () => {
    const place = { host: 'divided', path: '/trees/one' }
    const bare = { repository: null, branch: null, baseCommit: null }
    const { workspace } = await workIn(here, { place })
    const { id } = await runIn(here, 'RUNNING', { leaseSeconds: 600, project: 'other' })
    for (const lie of [
      place,
      { ...place, branch: 'mine' },
      { ...place, kind: 'DIRECTORY', ...bare } as const,
    ]) {
      const problem = refused(await record(id, lie))
      expect(problem).toMatchObject({ type: 'Forbidden', requiredRole: null })
      expect(problem.message).not.toContain(workspace.id)
    }
    const directory = { ...bare, host: 'divided', kind: 'DIRECTORY', path: '/common' } as const
    const first = await workIn(here, { place: directory })
    const second = await workIn(here, { project: 'other', place: directory })
    expect(second.workspace.id).not.toBe(first.workspace.id)
    const third = await runIn(here, 'RUNNING', { leaseSeconds: 600 })
    expect(refused(await record(third.id, { host: 'divided', path: '/common' }))).toMatchObject({
      type: 'WorkspaceTaken',
    })
  })

  it('is kept by the next owner and the next epoch', async () => {
    const { run, workspace } = await workIn(here, { workflow: 'relay' })
    await passTime(here.store, run.id, 700)
    accepted(
      await claimRun(here.commands, here.callers.worker, { runId: run.id, owner: 'b', leaseSeconds: 600 }),
    )
    expect((await recorded(run.id, { fence: 2, host: 'another' })).workspace.id).toBe(workspace.id)
    const failed = await workDone(here, 'FAILED')
    const claim = { owner: 'c', leaseSeconds: 600 }
    accepted(await resumeRun(here.commands, here.callers.worker, { runId: failed.run.id, claim }))
    expect((await recorded(failed.run.id, { fence: 2 })).workspace.id).toBe(failed.workspace.id)
  })

  it('after a removal makes a new one', async () => {
    const { run, workspace } = await workDone(here, 'FAILED')
    await perform(here, workspace.id, 'REMOVE')
    const claim = { owner: 'c', leaseSeconds: 600 }
    accepted(await resumeRun(here.commands, here.callers.worker, { runId: run.id, claim }))
    const fresh = await recorded(run.id, { fence: 2 })
    expect(fresh).toMatchObject({ created: true, workspace: { path: workspace.path, runCount: 1 } })
    expect(fresh.workspace.id).not.toBe(workspace.id)
    expect(await readWorkspace(here, workspace.id)).toMatchObject({ status: 'REMOVED', runCount: 0 })
  })
})

describe('a run that continues another', () => {
  const next = (continuesRunId: string, project = 'default') => begin(here, { continuesRunId, project })

  it('works in the same workspace from its start', async () => {
    const { run, workspace } = await workDone(here)
    const { id } = await next(run.id)
    expect(await readWorkspace(here, workspace.id)).toMatchObject({
      ...{
        runCount: 2,
        newestRun: { id, status: 'QUEUED' },
        activeRun: { id },
        revision: workspace.revision + 1,
      },
    })
  })

  it('has none where that one had none, where it is gone, or in another project', async () => {
    const bare = await runIn(here, 'COMPLETED')
    const gone = await workDone(here)
    await perform(here, gone.workspace.id, 'REMOVE')
    const foreign = await workDone(here)
    for (const { id } of [
      await next(bare.id),
      await next(gone.run.id),
      await next(foreign.run.id, 'other'),
    ]) {
      const { rows } = await sql.query('SELECT FROM workspace_run WHERE run_id = $1', [id])
      expect(rows).toEqual([])
    }
  })
})

describe('deleting a run', () => {
  it('asks for the removal with the last run alone, by the system and without force', async () => {
    const { run, workspace } = await workDone(here)
    const { id } = await begin(here, { continuesRunId: run.id })
    accepted(await cancelRun(here.commands, here.callers.operator, { runId: id }))
    expect(await remove(id)).toMatchObject({ ok: true })
    expect(await readWorkspace(here, workspace.id)).toMatchObject({ runCount: 1, inFlight: [] })
    expect(await remove(run.id)).toMatchObject({ ok: true })
    expect(await readWorkspace(here, workspace.id)).toMatchObject({
      ...{ runCount: 0, status: 'READY', newestRun: null },
      inFlight: [
        { kind: 'REMOVE', force: false, requestedBy: 'system', status: 'REQUESTED', expiresAt: null },
      ],
    })
  })

  it('joins a removal that a person asked for, and leaves what is removed alone', async () => {
    const { run, workspace } = await workDone(here)
    const asked = await request(here, workspace.id, 'REMOVE', { force: true })
    await remove(run.id)
    expect((await readWorkspace(here, workspace.id)).inFlight).toEqual([asked])
    const gone = await workDone(here)
    await perform(here, gone.workspace.id, 'REMOVE')
    await remove(gone.run.id)
    expect(await readWorkspace(here, gone.workspace.id)).toMatchObject({ runCount: 0, inFlight: [] })
  })

  it('that is refused changes nothing', async () => {
    const { run, workspace } = await workIn(here)
    expect(await remove(run.id)).toMatchObject({ ok: false, problem: { type: 'NotDeletable' } })
    expect(await readWorkspace(here, workspace.id)).toMatchObject({
      runCount: 1,
      revision: workspace.revision,
    })
  })
})

describe('an operation', () => {
  it('that holds only while nobody works is refused, or fails at its start, where a run came back', async () => {
    const { run, workspace } = await workDone(here, 'FAILED')
    const { id: operationId } = await request(here, workspace.id, 'REMOVE')
    accepted(await resumeRun(here.commands, here.callers.operator, { runId: run.id }))
    const { commands, callers } = here
    const started = await startWorkspaceOperation(commands, callers.worker, { operationId, worker: 'w' })
    expect(refused(started)).toMatchObject({
      ...{ type: 'WorkspaceNotReady', because: 'RUN_ACTIVE', by: { id: run.id, status: 'QUEUED' } },
    })
    const again = { workspaceId: workspace.id, kind: 'REMOVE', force: true } as const
    expect(refused(await requestWorkspaceOperation(commands, callers.operator, again))).toMatchObject({
      because: 'RUN_ACTIVE',
    })
    expect(await readWorkspace(here, workspace.id)).toMatchObject({ status: 'READY', inFlight: [] })
  })

  it('waits for an owner that has settled its run and not let go', async () => {
    const { run, workspace } = await workIn(here, { workflow: 'solo' })
    // timed out under its owner, who still has the lease and its processes
    await sql.query(
      `WITH told AS (INSERT INTO event (run_id, seq, epoch, type, actor, at, payload)
         SELECT id, revision + 1, epoch, 'run.paused', 'x', now(), '{}' FROM run WHERE id = $1)
       UPDATE run SET status = 'FAILED', reason = 'RUN_TIMEOUT', settled_at = now(), revision = revision + 1 WHERE id = $1`,
      [run.id],
    )
    const { commands, callers } = here
    const input = { workspaceId: workspace.id, kind: 'REMOVE' } as const
    expect(refused(await requestWorkspaceOperation(commands, callers.operator, input))).toMatchObject({
      because: 'RUN_ACTIVE',
      by: { id: run.id, status: 'FAILED' },
    })
  })

  it('answers under its keys with what became of it', async () => {
    const { workspace } = await workIn(here)
    const { commands, callers } = here
    const ask = { workspaceId: workspace.id, kind: 'DIFF', idempotencyKey: 'diff' } as const
    const { id: operationId } = operationOf(await requestWorkspaceOperation(commands, callers.operator, ask))
    const take = { operationId, worker: 'w', idempotencyKey: 'take' }
    operationOf(await startWorkspaceOperation(commands, callers.worker, take))
    expect(await startWorkspaceOperation(commands, callers.worker, take)).toMatchObject({
      ...{ ok: true, replayed: true, operation: { attempt: 1, status: 'STARTED' } },
    })
    const end = { operationId, attempt: 1, diff: { ...DIFF, patch: '+a\n' }, idempotencyKey: 'end' }
    operationOf(await finishWorkspaceOperation(commands, callers.worker, end))
    for (const answer of [
      await finishWorkspaceOperation(commands, callers.worker, end),
      await startWorkspaceOperation(commands, callers.worker, take),
      await requestWorkspaceOperation(commands, callers.operator, ask),
    ])
      expect(answer).toMatchObject({
        ...{ ok: true, replayed: true, changed: true, operation: { id: operationId, status: 'SUCCEEDED' } },
      })
    const other = { ...ask, kind: 'START_PREVIEW' } as const
    expect(refused(await requestWorkspaceOperation(commands, callers.operator, other))).toMatchObject({
      ...{ type: 'IdempotencyMismatch', differingPaths: ['kind'] },
    })
    expect(
      refused(await finishWorkspaceOperation(commands, callers.worker, { ...end, attempt: 2 })),
    ).toMatchObject({
      ...{ type: 'IdempotencyMismatch', differingPaths: ['attempt'] },
    })
    const { workspace: another } = await workIn(here)
    const elsewhere = { ...ask, workspaceId: another.id }
    expect(refused(await requestWorkspaceOperation(commands, callers.operator, elsewhere))).toMatchObject({
      ...{ type: 'IdempotencyMismatch', differingPaths: ['workspaceId'] },
    })
  })

  it('keeps the patch of the last diff alone', async () => {
    const { workspace } = await workIn(here)
    const first = await perform(here, workspace.id, 'DIFF', { diff: { ...DIFF, patch: '+a\n' } })
    const second = await perform(here, workspace.id, 'DIFF', { diff: { ...DIFF, patch: '' } })
    expect(await findPatches(sql, [first.id, second.id])).toEqual([{ id: second.id, patch: '' }])
    const error = { code: 'GIT_FAILED', message: 'It failed.', hint: null, files: [] }
    const failed = await perform(here, workspace.id, 'DIFF', { error })
    expect(failed).toMatchObject({ status: 'FAILED', error })
    expect(await findPatches(sql, [second.id])).toHaveLength(1)
  })

  it('is resumed after its deadline, and the lost worker tells nothing of it', async () => {
    const { workspace } = await workIn(here)
    const { commands, callers } = here
    const { id: operationId } = await request(here, workspace.id, 'DIFF')
    operationOf(await startWorkspaceOperation(commands, callers.worker, { operationId, worker: 'lost' }))
    const take = () => startWorkspaceOperation(commands, callers.worker, { operationId, worker: 'next' })
    expect(refused(await take())).toMatchObject({ type: 'OperationNotStartable' })
    await passTimeOf(here.store, workspace.id, 121)
    expect(operationOf(await take())).toMatchObject({ attempt: 2, worker: 'next' })
    const end = { operationId, diff: { ...DIFF, patch: '' } }
    const late = await finishWorkspaceOperation(commands, callers.worker, { ...end, attempt: 1 })
    expect(refused(late)).toMatchObject({ type: 'OperationNotFinishable', operation: { attempt: 2 } })
    expect(
      operationOf(await finishWorkspaceOperation(commands, callers.worker, { ...end, attempt: 2 })),
    ).toMatchObject({ status: 'SUCCEEDED', worker: 'next' })
  })

  it('is ended by the principal that started it, or an ADMIN, and by nobody else', async () => {
    const { workspace } = await workIn(here)
    const { commands, callers } = here
    const other = { ...callers.worker, name: 'walter', principalId: 'prn_walter' }
    for (const ender of [callers.worker, callers.admin]) {
      const { id: operationId } = await request(here, workspace.id, 'DIFF')
      const take = { operationId, worker: 'worker-1' }
      const { attempt } = operationOf(await startWorkspaceOperation(commands, callers.worker, take))
      const end = { operationId, attempt, diff: { ...DIFF, patch: '' } }
      const foreign = refused(await finishWorkspaceOperation(commands, other, end))
      expect(foreign).toMatchObject({ type: 'Forbidden', requiredRole: 'ADMIN' })
      expect(foreign.message).toContain('worker-1')
      expect(operationOf(await finishWorkspaceOperation(commands, ender, end)).status).toBe('SUCCEEDED')
    }
  })

  it('that another principal takes up after its deadline is that one’s to end', async () => {
    const { workspace } = await workIn(here)
    const { commands, callers } = here
    const other = { ...callers.worker, name: 'walter', principalId: 'prn_walter' }
    const { id: operationId } = await request(here, workspace.id, 'DIFF')
    operationOf(await startWorkspaceOperation(commands, callers.worker, { operationId, worker: 'lost' }))
    await passTimeOf(here.store, workspace.id, 121)
    operationOf(await startWorkspaceOperation(commands, other, { operationId, worker: 'next' }))
    const end = { operationId, attempt: 2, diff: { ...DIFF, patch: '' } }
    const lost = (attempt: number) => finishWorkspaceOperation(commands, callers.worker, { ...end, attempt })
    expect(refused(await lost(1)).type).toBe('OperationNotFinishable')
    expect(refused(await lost(2)).type).toBe('Forbidden')
    expect(operationOf(await finishWorkspaceOperation(commands, other, end)).status).toBe('SUCCEEDED')
  })

  it('that nobody answers, or nobody ends, is ended by the sweep', async () => {
    const unanswered = await workIn(here)
    await request(here, unanswered.workspace.id, 'DIFF', { expiresInSeconds: 30 })
    const lasting = await workIn(here)
    await request(here, lasting.workspace.id, 'DIFF')
    const lost = await workIn(here)
    const { id: operationId } = await request(here, lost.workspace.id, 'DIFF', { expiresInSeconds: 30 })
    const take = { operationId, worker: 'lost', leaseSeconds: 5 }
    operationOf(await startWorkspaceOperation(here.commands, here.callers.worker, take))
    for (const { workspace } of [unanswered, lasting, lost]) await passTimeOf(here.store, workspace.id, 31)
    await sweepDue(here.commands)
    const errorsOf = async (id: string) => {
      const { rows } = await sql.query(
        'SELECT status, error FROM workspace_operation WHERE workspace_id = $1',
        [id],
      )
      return rows.map(({ status, error }) => `${status} ${error?.code ?? ''}`)
    }
    expect(await errorsOf(unanswered.workspace.id)).toEqual(['FAILED NOT_ANSWERED'])
    expect(await errorsOf(lasting.workspace.id)).toEqual(['REQUESTED '])
    expect(await errorsOf(lost.workspace.id)).toEqual(['FAILED WORKER_LOST'])
  })
})

describe('a preview', () => {
  it('is what its worker told last', async () => {
    const { workspace } = await workIn(here)
    const { commands, callers } = here
    const preview = { url: 'http://127.0.0.1:5173/', pid: 7 }
    await perform(here, workspace.id, 'START_PREVIEW', { preview })
    expect((await readWorkspace(here, workspace.id)).preview).toMatchObject({
      status: 'RUNNING',
      url: preview.url,
    })
    const error = { code: 'EXITED', message: 'It exited.', hint: null, files: [] }
    const told = { workspaceId: workspace.id, status: 'FAILED', error } as const
    expect(await reportPreview(commands, callers.worker, told)).toMatchObject({ ok: true, changed: true })
    expect((await readWorkspace(here, workspace.id)).preview).toEqual({
      ...{ status: 'FAILED', url: null, startedAt: null, error },
    })
    await perform(here, workspace.id, 'STOP_PREVIEW')
    expect((await readWorkspace(here, workspace.id)).preview.status).toBe('STOPPED')
    const again = await reportPreview(commands, callers.worker, {
      workspaceId: workspace.id,
      status: 'STOPPED',
    })
    expect(again).toMatchObject({ ok: true, changed: false })
  })
})

describe('a preview that another principal started', () => {
  it('is not to be spoken of, except by an ADMIN', async () => {
    const { workspace } = await workIn(here)
    const { commands, callers } = here
    const other = { ...callers.worker, name: 'walter', principalId: 'prn_walter' }
    const stopped = { workspaceId: workspace.id, status: 'STOPPED' } as const
    expect(await reportPreview(commands, other, stopped)).toMatchObject({ ok: true, changed: false })
    await perform(here, workspace.id, 'START_PREVIEW', { preview: { url: 'http://a/', pid: 7 } })
    expect(refused(await reportPreview(commands, other, stopped)).type).toBe('Forbidden')
    expect((await readWorkspace(here, workspace.id)).preview.status).toBe('RUNNING')
    expect(await reportPreview(commands, callers.admin, stopped)).toMatchObject({ ok: true, changed: true })
  })
})

describe('the database by itself', () => {
  const constraintOf = (text: string, values: unknown[]) =>
    sql.query(text, values).then(
      () => undefined,
      (error: unknown) => (error instanceof pg.DatabaseError ? error.constraint : error),
    )
  const change = (set: string, id: string) =>
    constraintOf(`UPDATE workspace SET ${set}, revision = revision + 1 WHERE id = $1`, [id])
  const changeOperation = (set: string, id: string) =>
    constraintOf(`UPDATE workspace_operation SET ${set} WHERE id = $1`, [id])

  it('refuses to bring a removed workspace back, and a change without a higher revision', async () => {
    const { workspace } = await workDone(here)
    const { id } = workspace
    const first = await constraintOf(`UPDATE workspace SET path = '/x' WHERE id = $1`, [id])
    expect(first).toBe('workspace_change_raises_revision')
    expect(await change(`status = 'REMOVED'`, id)).toBe('workspace_removed_at_tells_removed')
    await perform(here, id, 'REMOVE')
    expect(await change(`status = 'READY', removed_at = NULL`, id)).toBe('workspace_removed_is_final')
    expect(await change(`preview_status = 'RUNNING'`, id)).toBe('workspace_removed_shows_nothing')
    expect(await change('run_count = -1', id)).toBe('workspace_numbers_rise')
  })

  it('refuses to change how an operation ended, and to have two of a kind in flight', async () => {
    const { workspace } = await workIn(here)
    const { id } = await perform(here, workspace.id, 'DIFF', { diff: { ...DIFF, patch: '+a\n' } })
    expect(await changeOperation(`status = 'STARTED', ended_at = NULL`, id)).toBe(
      'workspace_operation_end_is_final',
    )
    expect(await changeOperation(`patch = 'another'`, id)).toBe('workspace_operation_end_is_final')
    expect(await changeOperation('patch = NULL', id)).toBeUndefined()
    const waiting = await request(here, workspace.id, 'DIFF')
    const copy = `INSERT INTO workspace_operation SELECT (jsonb_populate_record(o, '{"id": "wop_copy"}')).*
      FROM workspace_operation o WHERE id = $1`
    expect(await constraintOf(copy, [waiting.id])).toBe('workspace_operation_in_flight')
    expect(await changeOperation(`status = 'STARTED'`, waiting.id)).toBe('workspace_operation_start_is_whole')
    expect(await changeOperation(`status = 'FAILED', ended_at = now()`, waiting.id)).toBe(
      'workspace_operation_error_tells_failed',
    )
    expect(await changeOperation(`error = '{}', status = 'FAILED'`, waiting.id)).toBe(
      'workspace_operation_ended_at_tells_ended',
    )
  })

  it('refuses a second workspace of one directory, and a link to none', async () => {
    const { run, workspace } = await workIn(here)
    const copy = `INSERT INTO workspace SELECT (jsonb_populate_record(w, '{"id": "wsp_copy"}')).* FROM workspace w WHERE id = $1`
    expect(await constraintOf(copy, [workspace.id])).toBe('workspace_path')
    const foreign = copy.replace('"wsp_copy"', '"wsp_copy", "project": "other"')
    expect(await constraintOf(foreign, [workspace.id])).toBe('workspace_worktree_path')
    const link = `UPDATE workspace_run SET workspace_id = 'wsp_none' WHERE run_id = $1`
    expect(await constraintOf(link, [run.id])).toBe('workspace_run_workspace_id_fkey')
    expect(await constraintOf('DELETE FROM workspace WHERE id = $1', [workspace.id])).toBe(
      'workspace_run_workspace_id_fkey',
    )
  })
})

describe('doctor', () => {
  it('finds nothing in what the commands wrote, and what was written around them', async () => {
    const { run, workspace } = await workIn(here)
    const check = async () => {
      const report = await checkRuns(here.commands, here.callers.admin, { first: 500, after: null })
      return 'violations' in report ? report.violations.filter(({ runId }) => runId === run.id) : report
    }
    expect(await check()).toEqual([])
    await sql.query('UPDATE workspace SET run_count = 5, revision = revision + 1 WHERE id = $1', [
      workspace.id,
    ])
    expect(await check()).toEqual([
      { guarantee: 'G6', runId: run.id, detail: expect.stringContaining('counts 5 runs, and 1 work in it') },
    ])
    await settle(here, run, 'COMPLETED')
  })
})
