import { differingFields } from '../../lifecycle/log/keptRequest.ts'
import { liveClaim, type Json, type Run } from '../../lifecycle/run/run.ts'
import type { WorkspacePlace } from '../../lifecycle/workspace/workspace.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import type { Connection } from '../../store/sql/statement.ts'
import {
  keepWorkspaceKey,
  recordWorkspace as insertWorkspace,
} from '../../store/workspace/recordWorkspace.ts'
import { withRunLocked } from '../../store/sql/withRowLocked.ts'
import { findWorkspaceKey } from '../../store/workspace/findWorkspaceKey.ts'
import { findWorkspaces } from '../../store/workspace/findWorkspaces.ts'
import { findWorkspacesOfRuns } from '../../store/workspace/findWorkspacesOfRuns.ts'
import type { LoadedWorkspace } from '../../store/workspace/loadedWorkspace.ts'
import { objection, type RefusedWith, refuse, type ResultOf } from '../kit/answers.ts'
import { checkRole, checkRun } from '../kit/authorize.ts'
import { sweepRun } from '../run/changeRun.ts'
import { type Caller, type Commands, toRequest } from '../kit/context.ts'
import { type Applied, decideAndApply, decideAnew } from '../kit/decideAndApply.ts'
import { newId } from '../kit/ids.ts'
import { type DrivingInput } from '../run/runCommands.ts'

/** The directory that a run works in. */
export interface RecordWorkspace
  extends DrivingInput, Omit<WorkspacePlace, 'repository' | 'branch' | 'baseCommit'> {
  readonly fence: number
  readonly repository?: string | null | undefined
  readonly branch?: string | null | undefined
  readonly baseCommit?: string | null | undefined
}

/** The result of recording a workspace. */
export type RecordResult = ResultOf<
  'recordWorkspace',
  {
    readonly ok: true
    readonly workspace: LoadedWorkspace
    readonly run: LoadedRun
    /** False if the run has a workspace, or the directory was recorded, already. */
    readonly created: boolean
    readonly replayed: boolean
  }
>

/**
 * Records the directory that a run works in; called by the run's owner. A run has one workspace until that is
 * removed: recording another one returns the present workspace, whose host and path show the caller whether it can
 * work there. The same directory recorded for several runs is one workspace; a worktree of another project is taken.
 * Writes no event of the run. Problems: NotFound, RunNotActive, LeaseLost, WorkspaceTaken, IdempotencyMismatch,
 * InvalidInput, Forbidden.
 */
export async function recordWorkspace(
  commands: Commands,
  caller: Caller,
  input: RecordWorkspace,
): Promise<RecordResult> {
  // due changes come first: an owner whose lease has expired can't drive any more
  const present = await sweepRun(commands, input.runId)
  if (!present.ok) return refuse({ type: 'NotFound', kind: 'RUN', id: input.runId })
  const denied =
    checkRun(caller, present.run.run) ??
    checkRole(caller, 'recordWorkspace') ??
    checkPlace(input) ??
    checkReserved(commands, input)
  if (denied) return denied
  const { result } = await decideAndApply<RecordResult>(commands, {
    subject: input.runId,
    lock: (work) => withRunLocked(commands.store, input.runId, work),
    optimistic: 0,
    rounds: 5,
    attempt: ({ withConnection }) => withConnection((connection) => attempt(commands, connection, input)),
    constraints: { workspace_key_pkey: decideAnew },
  })
  return result
}

/** A plain directory has no base commit; a worktree needs everything that a diff and a merge need. */
function checkPlace({
  kind,
  repository,
  branch,
  baseCommit,
}: RecordWorkspace): RefusedWith<'InvalidInput'> | undefined {
  const given = Object.entries({ repository, branch, baseCommit })
  const issues =
    kind === 'WORKTREE'
      ? given
          .filter(([, value]) => value == null)
          .map(([field]) => ({ path: [field], message: 'is needed for a WORKTREE' }))
      : baseCommit == null
        ? []
        : [{ path: ['baseCommit'], message: 'is told of a WORKTREE only' }]
  return issues.length > 0 ? refuse({ type: 'InvalidInput', issues }) : undefined
}

/**
 * No run works in the server's data directory. Worktrees are exempt, because they are made next to that data by
 * default.
 */
function checkReserved(
  { whyReserved }: Commands,
  { kind, host, path }: RecordWorkspace,
): RefusedWith<'InvalidInput'> | undefined {
  const message = kind === 'DIRECTORY' ? whyReserved(host, path) : null
  return message === null
    ? undefined
    : refuse({ type: 'InvalidInput', issues: [{ path: ['path'], message }] })
}

/**
 * Runs with the run's row locked, so that it can't be settled, taken over or given another workspace at the same
 * time.
 */
async function attempt(
  commands: Commands,
  connection: Connection,
  input: RecordWorkspace,
): Promise<Applied<RecordResult>> {
  const result = await record(commands, connection, input)
  return { result, written: result.ok && !result.replayed ? [{ id: result.workspace.workspace.id }] : [] }
}

async function record(
  { store }: Commands,
  connection: Connection,
  input: RecordWorkspace,
): Promise<RecordResult> {
  const { runId, fence, idempotencyKey } = input
  const [loaded] = await loadRuns(connection, store, [runId])
  if (!loaded) return refuse({ type: 'NotFound', kind: 'RUN', id: runId })
  const { run } = loaded
  const request = toRequest(input)
  const key = idempotencyKey ? { key: idempotencyKey, request } : null
  const replayed = key && (await findReplay(connection, loaded, key))
  if (replayed) return replayed
  const refusal = refuseDriving(loaded, fence)
  if (refusal) return refusal
  const [present] = await findWorkspacesOfRuns(connection, [runId])
  if (present?.workspace.status === 'READY') {
    if (key) await keepWorkspaceKey(connection, present.workspace.id, key)
    return { ok: true, workspace: present, run: loaded, created: false, replayed: false }
  }
  const id = newId('workspace')
  const recorded = await insertWorkspace(connection, {
    id,
    runId,
    project: run.project,
    place: toPlace(input),
    key,
  })
  const isTaken = 'takenBy' in recorded
  const workspace = await read(connection, isTaken ? recorded.takenBy : recorded.workspaceId)
  if (isTaken) return toTaken(run, input, workspace)
  return { ok: true, workspace, run: loaded, created: recorded.created, replayed: false }
}

/** Refuses a taken directory; reveals nothing of a workspace of another project. */
function toTaken(
  run: Run,
  { host, path }: RecordWorkspace,
  workspace: LoadedWorkspace,
): RefusedWith<'WorkspaceTaken' | 'Forbidden'> {
  if (workspace.workspace.project === run.project) return objection({ type: 'WorkspaceTaken', workspace })
  const detail = `${path} on ${host} is recorded for another project; work in another directory.`
  return objection({ type: 'Forbidden', requiredRole: null, detail })
}

async function findReplay(
  connection: Connection,
  loaded: LoadedRun,
  { key, request }: { readonly key: string; readonly request: Json },
): Promise<RecordResult | null> {
  const kept = await findWorkspaceKey(connection, loaded.run.project, 'recordWorkspace', key)
  if (!kept) return null
  const paths = differingFields(kept.request, request)
  if (paths.length > 0) return refuse({ type: 'IdempotencyMismatch', differingPaths: paths })
  const workspace = await read(connection, kept.workspaceId)
  return { ok: true, workspace, run: loaded, created: kept.created, replayed: true }
}

/**
 * A driving write needs the fence of the claim on the row, that claim must be live, and the run must be RUNNING (G4).
 */
function refuseDriving(
  loaded: LoadedRun,
  fence: number,
): RefusedWith<'LeaseLost' | 'RunNotActive'> | undefined {
  const { run, now }: { run: Run; now: number } = loaded
  if (run.status === 'QUEUED' || liveClaim(run.claim, now)?.fence !== fence)
    return refuse({ type: 'LeaseLost', yourFence: fence, currentFence: run.fence }, loaded)
  return run.status === 'RUNNING' ? undefined : refuse({ type: 'RunNotActive', status: run.status }, loaded)
}

async function read(connection: Connection, workspaceId: string): Promise<LoadedWorkspace> {
  const [workspace] = await findWorkspaces(connection, [workspaceId])
  if (!workspace) throw new Error(`workspace ${workspaceId} is gone`)
  return workspace
}

function toPlace({ host, kind, path, repository, branch, baseCommit }: RecordWorkspace): WorkspacePlace {
  return {
    host,
    kind,
    path,
    repository: repository ?? null,
    branch: branch ?? null,
    baseCommit: baseCommit ?? null,
  }
}
