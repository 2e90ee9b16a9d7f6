import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import type { Commands } from '../../../src/commands/kit/context.ts'
import { recordWorkspace } from '../../../src/commands/workspace/recordWorkspace.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { startRun } from '../../../src/commands/run/startRun.ts'
import {
  finishWorkspaceOperation,
  requestWorkspaceOperation,
  startWorkspaceOperation,
} from '../../../src/commands/workspace/workspaceOperations.ts'
import type { Run } from '../../../src/lifecycle/run/run.ts'
import { verifyWorkspace } from '../../../src/lifecycle/workspace/verifyWorkspace.ts'
import { readWorkspaceFacts } from '../../../src/store/workspace/readWorkspaceFacts.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { atOnce, holdRow, repeat, untilBlocked } from '../../support/race.ts'
import { accepted, begin, refused, runIn, toStart } from '../../support/runs.ts'
import { SOLO } from '../../support/workflows.ts'
import {
  operationOf,
  passTimeOf,
  readWorkspace,
  request,
  toPlace,
  workDone,
  workIn,
} from '../../support/workspaces.ts'

const { cancelRun, resumeRun } = runCommands

let here: TestCommands
let servers: Commands[]
beforeAll(async () => {
  here = await openTestCommands({ workflows: [SOLO] })
  servers = [here.commands, here.openServer(), here.openServer()]
})
afterAll(() => here.close())

const operationsOf = async (workspaceId: string) => {
  const text = 'SELECT id, kind, status, attempt FROM workspace_operation WHERE workspace_id = $1'
  return (await here.store.pool.query(text, [workspaceId])).rows
}
const proveSound = async (runId: string) => {
  const [facts] = await readWorkspaceFacts(here.store.pool, [runId])
  expect(facts && verifyWorkspace(facts)).toEqual([])
}

describe('at once', () => {
  test('requests of one kind are one operation, and every one of them is answered with it', () =>
    repeat(6, async () => {
      const { run, workspace } = await workIn(here)
      const answers = await atOnce(8, servers, (server, place) =>
        requestWorkspaceOperation(server, here.callers.operator, {
          ...{ workspaceId: workspace.id, kind: 'DIFF', idempotencyKey: `${workspace.id} ${place}` },
        }),
      )
      expect(new Set(answers.map((answer) => operationOf(answer).id)).size).toBe(1)
      expect(await operationsOf(workspace.id)).toHaveLength(1)
      await proveSound(run.id)
    }))

  test('requests under one key are one, told as replayed but once', () =>
    repeat(6, async () => {
      const { workspace } = await workIn(here)
      const answers = await atOnce(6, servers, (server) =>
        requestWorkspaceOperation(server, here.callers.operator, {
          ...{ workspaceId: workspace.id, kind: 'DIFF', idempotencyKey: workspace.id },
        }),
      )
      expect(answers.filter((answer) => answer.ok && !answer.replayed)).toHaveLength(1)
      expect(new Set(answers.map((answer) => operationOf(answer).id)).size).toBe(1)
    }))

  test('workers that start one operation: one has it, the others are told who', () =>
    repeat(6, async () => {
      const { workspace } = await workIn(here)
      const { id: operationId } = await request(here, workspace.id, 'DIFF')
      const answers = await atOnce(8, servers, (server, place) =>
        startWorkspaceOperation(server, here.callers.worker, { operationId, worker: `worker ${place}` }),
      )
      const winner = answers.findIndex(({ ok }) => ok)
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
      for (const answer of answers.filter(({ ok }) => !ok))
        expect(refused(answer)).toMatchObject({
          ...{ type: 'OperationNotStartable', operation: { worker: `worker ${winner}`, attempt: 1 } },
        })
    }))

  test('an end and a takeover: whichever was first stands, and the other is told', () =>
    repeat(6, async () => {
      const { workspace } = await workDone(here)
      const { id: operationId } = await request(here, workspace.id, 'MERGE')
      const take = { operationId, worker: 'first' }
      operationOf(await startWorkspaceOperation(here.commands, here.callers.worker, take))
      await passTimeOf(here.store, workspace.id, 121)
      const merge = { commit: 'beef', into: 'main' }
      const [ended, taken] = await Promise.all([
        finishWorkspaceOperation(here.commands, here.callers.worker, { operationId, attempt: 1, merge }),
        startWorkspaceOperation(here.commands, here.callers.worker, { operationId, worker: 'second' }),
      ])
      expect([ended.ok, taken.ok].filter(Boolean)).toHaveLength(1)
      const [row] = await operationsOf(workspace.id)
      expect(row).toMatchObject(
        ended.ok ? { status: 'SUCCEEDED', attempt: 1 } : { status: 'STARTED', attempt: 2 },
      )
    }))

  test('owners that record one run record one workspace', () =>
    repeat(6, async (time) => {
      const { id: runId } = await runIn(here, 'RUNNING', { leaseSeconds: 600 })
      const answers = await atOnce(6, servers, (server, place) =>
        recordWorkspace(
          server,
          here.callers.worker,
          toPlace(runId, { path: `/of/${time}/${place % 2}`, idempotencyKey: `${runId} ${place % 3}` }),
        ),
      )
      const ids = answers.flatMap((answer) => (answer.ok ? [answer.workspace.workspace.id] : []))
      expect(new Set(ids).size).toBe(1)
      expect(answers.filter((answer) => answer.ok && answer.created)).toHaveLength(1)
      for (const answer of answers) if (!answer.ok) expect(answer.problem.type).toBe('IdempotencyMismatch')
      await proveSound(runId)
    }))

  test('runs that record one directory share one workspace, which counts them all', () =>
    repeat(5, async (time) => {
      const runs = await atOnce(6, servers, () => runIn(here, 'RUNNING', { leaseSeconds: 600 }))
      const place = { path: `/shared/${time}`, branch: 'main' }
      const answers = await atOnce(6, servers, (server, index) =>
        recordWorkspace(server, here.callers.worker, toPlace(runs[index]?.id ?? '', place)),
      )
      const ids = answers.map((answer) =>
        answer.ok ? answer.workspace.workspace.id : answer.problem.message,
      )
      expect(new Set(ids).size).toBe(1)
      expect(await readWorkspace(here, ids[0] ?? '')).toMatchObject({ runCount: 6, revision: 6 })
      await proveSound(runs[0]?.id ?? '')
    }))

  test('deletions of the last runs ask for one removal, whoever was last', () =>
    repeat(6, async (time) => {
      const place = { path: `/left/${time}`, branch: 'main' }
      const runs: Run[] = []
      for (let index = 0; index < 4; index++) runs.push((await workDone(here, 'COMPLETED', { place })).run)
      const [first] = runs
      const { rows } = await here.store.pool.query(
        'SELECT workspace_id AS id FROM workspace_run WHERE run_id = $1',
        [first?.id],
      )
      const workspaceId = String(rows[0]?.id)
      const answers = await atOnce(4, servers, (server, index) =>
        deleteRun(server, here.callers.operator, { runId: runs[index]?.id ?? '' }),
      )
      expect(answers.every(({ ok }) => ok)).toBe(true)
      expect(await readWorkspace(here, workspaceId)).toMatchObject({ runCount: 0 })
      expect(await operationsOf(workspaceId)).toMatchObject([{ kind: 'REMOVE', status: 'REQUESTED' }])
    }))

  test('a deletion and a run that continues: never a removal that starts under the new one', () =>
    repeat(6, async () => {
      const { run, workspace } = await workDone(here)
      const [deleted, started] = await Promise.all([
        deleteRun(here.commands, here.callers.operator, { runId: run.id }),
        startRun(servers[1] ?? here.commands, here.callers.operator, toStart({ continuesRunId: run.id })),
      ])
      // a run that is continued stays, and its workspace with it
      expect(deleted.ok).toBe(!started.ok)
      const { runCount, inFlight, newestRun } = await readWorkspace(here, workspace.id)
      const isShared = started.ok && newestRun !== null
      expect(runCount).toBe(isShared ? 2 : 0)
      const [removal] = inFlight
      if (!isShared) return expect(removal?.kind).toBe('REMOVE')
      if (!removal) return
      const take = { operationId: removal.id, worker: 'w' }
      expect(refused(await startWorkspaceOperation(here.commands, here.callers.worker, take))).toMatchObject({
        because: 'RUN_ACTIVE',
      })
    }))

  test('a start of a removal and a resume: the removal never starts on a run that came back first', () =>
    repeat(6, async () => {
      const { run, workspace } = await workDone(here, 'FAILED')
      const { id: operationId } = await request(here, workspace.id, 'REMOVE')
      const [resumed, taken] = await Promise.all([
        resumeRun(here.commands, here.callers.operator, { runId: run.id }),
        startWorkspaceOperation(servers[1] ?? here.commands, here.callers.worker, {
          operationId,
          worker: 'w',
        }),
      ])
      accepted(resumed)
      if (!taken.ok) expect(taken.problem).toMatchObject({ type: 'WorkspaceNotReady', because: 'RUN_ACTIVE' })
      const [row] = await operationsOf(workspace.id)
      expect(row).toMatchObject({ status: taken.ok ? 'STARTED' : 'FAILED' })
    }))
})

test('a crowd of requests of every kind makes progress, and misses none', async () => {
  const { run, workspace } = await workDone(here)
  const kinds = ['DIFF', 'MERGE', 'START_PREVIEW'] as const
  const answers = await atOnce(24, servers, (server, place) =>
    requestWorkspaceOperation(server, here.callers.operator, {
      ...{ workspaceId: workspace.id, kind: kinds[place % 3] ?? 'DIFF', expiresInSeconds: 60 + place },
    }),
  )
  expect(answers.every(({ ok }) => ok)).toBe(true)
  expect((await operationsOf(workspace.id)).map(({ kind }) => kind).toSorted()).toEqual([...kinds].toSorted())
  await proveSound(run.id)
})

test('a record that waits for a run which is cancelled in the meantime is refused', async () => {
  const { id: runId } = await runIn(here, 'RUNNING', { leaseSeconds: 600 })
  const row = await holdRow(here.store.pool, runId)
  const recording = recordWorkspace(here.commands, here.callers.worker, toPlace(runId))
  await untilBlocked(here.store.pool, 1)
  const cancelling = cancelRun(servers[1] ?? here.commands, here.callers.operator, { runId })
  await untilBlocked(here.store.pool, 2)
  await row.letGo()
  const [answer] = await Promise.all([recording, cancelling])
  const { rows } = await here.store.pool.query('SELECT FROM workspace_run WHERE run_id = $1', [runId])
  // whoever had the row first: what is recorded was recorded for an owner
  expect(rows).toHaveLength(answer.ok ? 1 : 0)
  if (!answer.ok) expect(answer.problem).toMatchObject({ type: 'RunNotActive', status: 'CANCELLING' })
  const later = await begin(here, { continuesRunId: null })
  expect(refused(await recordWorkspace(here.commands, here.callers.worker, toPlace(later.id)))).toMatchObject(
    {
      type: 'LeaseLost',
    },
  )
})
