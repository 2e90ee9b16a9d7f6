import type { Problem } from '../../src/commands/kit/answers.ts'
import { recordWorkspace, type RecordWorkspace } from '../../src/commands/workspace/recordWorkspace.ts'
import {
  finishWorkspaceOperation,
  type FinishOperation,
  type OperationSuccess,
  requestWorkspaceOperation,
  startWorkspaceOperation,
} from '../../src/commands/workspace/workspaceOperations.ts'
import type { StartRun } from '../../src/commands/run/startRun.ts'
import type { Result } from '../../src/lifecycle/run/result.ts'
import type { Run } from '../../src/lifecycle/run/run.ts'
import type { OperationKind, Workspace, WorkspaceOperation } from '../../src/lifecycle/workspace/workspace.ts'
import { type Store, transact } from '../../src/store/sql/openStore.ts'
import { findWorkspaces } from '../../src/store/workspace/findWorkspaces.ts'
import type { LoadedWorkspace } from '../../src/store/workspace/loadedWorkspace.ts'
import { runCommands } from '../../src/commands/run/runCommands.ts'
import type { TestCommands } from './commands.ts'
import { accepted, runIn } from './runs.ts'

const { completeRun, failRun, startPhase } = runCommands

/** A worktree of a run on the machine `here`. */
export function toPlace(runId: string, changes: Partial<RecordWorkspace> = {}): RecordWorkspace {
  return {
    ...{
      runId,
      fence: 1,
      host: 'here',
      kind: 'WORKTREE',
      path: `/trees/${runId}`,
      repository: '/repository',
    },
    ...{ branch: `pawl/${runId}`, baseCommit: 'c0ffee' },
    ...changes,
  }
}

/** Starts a run with its own workspace, owned under fence 1 with a lease of ten minutes. */
export async function workIn(
  test: TestCommands,
  { place = {}, ...start }: Partial<StartRun> & { place?: Partial<RecordWorkspace> } = {},
): Promise<{ run: Run; workspace: Workspace }> {
  const run = await runIn(test, 'RUNNING', { leaseSeconds: 600, ...start })
  const answer = await recordWorkspace(test.commands, test.callers.worker, toPlace(run.id, place))
  if (!answer.ok) throw new Error(answer.problem.message)
  return { run, workspace: answer.workspace.workspace }
}

/** As `workIn`, with the run settled as given. */
export async function workDone(
  test: TestCommands,
  status: 'COMPLETED' | 'FAILED' = 'COMPLETED',
  options: Parameters<typeof workIn>[1] = {},
): Promise<{ run: Run; workspace: Workspace }> {
  const { run, workspace } = await workIn(test, options)
  await settle(test, run, status)
  return { run, workspace }
}

/** Settles a run that is owned under fence 1. */
export async function settle(
  { commands, callers: { worker } }: TestCommands,
  { id: runId, currentPhase: phase }: Run,
  status: 'COMPLETED' | 'FAILED',
): Promise<void> {
  if (status === 'FAILED')
    return void accepted(await failRun(commands, worker, { runId, fence: 1, error: 'broken' }))
  accepted(await startPhase(commands, worker, { runId, phase, fence: 1 }))
  accepted(await completeRun(commands, worker, { runId, fence: 1 }))
}

/** Returns the operation of a success; throws, with the problem, if it was refused. */
export function operationOf(answer: Result<OperationSuccess, Problem>): WorkspaceOperation {
  if (!answer.ok) throw new Error(`${answer.problem.type}: ${answer.problem.message}`)
  return answer.operation
}

/** Requests an operation. */
export async function request(
  { commands, callers }: TestCommands,
  workspaceId: string,
  kind: OperationKind,
  more: { force?: boolean; expiresInSeconds?: number } = {},
): Promise<WorkspaceOperation> {
  const input = { workspaceId, kind, ...more }
  return operationOf(await requestWorkspaceOperation(commands, callers.operator, input))
}

/** Requests an operation and performs it as a worker. */
export async function perform(
  test: TestCommands,
  workspaceId: string,
  kind: OperationKind,
  result: Omit<FinishOperation, 'operationId' | 'attempt'> = {},
): Promise<WorkspaceOperation> {
  const { commands, callers } = test
  const { id: operationId } = await request(test, workspaceId, kind)
  const started = { operationId, worker: 'wanda' }
  const { attempt } = operationOf(await startWorkspaceOperation(commands, callers.worker, started))
  const end = { operationId, attempt, ...result }
  return operationOf(await finishWorkspaceOperation(commands, callers.worker, end))
}

/** Reads the current workspace. */
export async function readWorkspace(
  { store }: TestCommands,
  id: string,
): Promise<LoadedWorkspace['workspace']> {
  const [loaded] = await findWorkspaces(store.pool, [id])
  if (!loaded) throw new Error(`workspace ${id} is gone`)
  return loaded.workspace
}

/** Simulates the passing of time for the operations of a workspace: moves their timestamps back by `seconds`. */
export async function passTimeOf(store: Store, workspaceId: string, seconds: number): Promise<void> {
  const columns = ['requested_at', 'expires_at', 'started_at', 'deadline_at', 'ended_at']
  const moved = columns.map((column) => `${column} = ${column} - make_interval(secs => $2)`)
  await transact(store, async (connection) => {
    // The database's triggers would reject this update.
    await connection.query('SET LOCAL session_replication_role = replica')
    await connection.query(`UPDATE workspace_operation SET ${moved.join(', ')} WHERE workspace_id = $1`, [
      workspaceId,
      seconds,
    ])
  })
}
