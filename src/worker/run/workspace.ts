import { hostname } from 'node:os'
import { AgentError } from '../../adapters/kit/adapter.ts'
import { agentSurvives } from '../../adapters/kit/agentSurvives.ts'
import { DirectoryLock } from '../../processes/directoryLock.ts'
import { LocksUnavailableError } from '../../processes/lockFolder.ts'
import { outerRunsOf } from '../../processes/outerRuns.ts'
import { openWorkspace } from '../../workspaces/place/openWorkspace.ts'
import { rememberRecorded } from '../../workspaces/record/recorded.ts'
import type { OpenWorkspace } from '../../workspaces/kit/workspace.ts'
import { limitsFor } from './limits.ts'
import { whyReserved } from '../../ownDirectories.ts'
import type { RunContext } from './runContext.ts'

/** This machine's name, with which workspaces are recorded. */
export const HOST = hostname()

/** The open workspace of a run, locked against other runs. */
export interface RunWorkspace extends OpenWorkspace {
  /** Id of its lock, with which every process in it is marked. */
  readonly lockId: string
  /** Descriptors that every process in it keeps open, so that the lock is held as long as any of them lives. */
  readonly keep: readonly number[]
}

/** How long processes left by an earlier owner may take to end by themselves, in seconds. */
const ABANDONED_STOP_SECONDS = 5

/**
 * Opens the workspace of a run, locks it against other runs of this machine, and records it on the server.
 *
 * @throws DirectoryTakenError if another run works in the directory; AgentError if the directory is reserved, can't be
 * locked, or still has processes of this run, or if the server has recorded another workspace for the run;
 * WorkspaceError if it can't be opened or another record has it (`WORKSPACE_TAKEN`); RunLeftError if the run is no longer this
 * worker's
 */
export async function openRunWorkspace(run: RunContext): Promise<RunWorkspace> {
  const { tools, owned } = run
  const { id: runId, input, continues } = owned.run
  const settings = tools.config.workspace
  const workspace = await openWorkspace({
    runId,
    continuesRunId: continues?.id,
    input,
    settings,
    signal: owned.signal,
  })
  let lock: DirectoryLock | undefined
  const close = () => {
    lock?.release()
    workspace.close()
  }
  try {
    refuseReserved(run, workspace)
    lock = await lockDirectory(run, workspace.path)
    await record(run, workspace)
    return { ...workspace, lockId: lock.id, keep: [lock.fd, workspace.fd], close }
  } catch (error) {
    close()
    throw error
  }
}

function refuseReserved({ tools }: RunContext, { kind, path }: OpenWorkspace): void {
  const reserved = kind === 'DIRECTORY' ? whyReserved(path, tools.own) : null
  if (reserved === null) return
  const hint = 'Name another directory: an agent could read tokens and remove data there.'
  throw new AgentError('FATAL', 'DIRECTORY_RESERVED', reserved, hint)
}

/**
 * Locks the directory against other runs of this machine, and ends processes that a `pawl exec` of the same run left.
 */
async function lockDirectory({ tools, owned }: RunContext, path: string): Promise<DirectoryLock> {
  const use = {
    program: 'pawl worker',
    runId: owned.run.id,
    fence: owned.run.lease?.fence ?? null,
    outerRuns: outerRunsOf(tools.env),
  }
  const lock = await DirectoryLock.take(path, use, tools.config.workspace.shared).catch((error: unknown) => {
    throw error instanceof LocksUnavailableError ? unlockable(error) : error
  })
  const limits = limitsFor({ tools, owned }, { killAfterSeconds: ABANDONED_STOP_SECONDS })
  // Processes that a worker left belong to sessions, and are adopted or ended with them.
  if (await lock.endLeft(limits, ({ program }) => program === 'pawl exec')) return lock
  lock.release()
  throw agentSurvives('a command of this run')
}

function unlockable(cause: LocksUnavailableError): AgentError {
  return new AgentError(
    'HUMAN_REQUIRED',
    'LOCKS_UNAVAILABLE',
    cause.message,
    'Mend that on the machine of the worker, then decide for a retry.',
    { cause },
  )
}

async function record({ owned, call, accept, tools }: RunContext, workspace: OpenWorkspace): Promise<void> {
  const { kind, path, repository, branch, baseCommit } = workspace
  const branchOf = kind === 'WORKTREE' ? { repository, branch, baseCommit } : {}
  const answer = await owned.workspaces.record({ host: HOST, kind, path, ...branchOf, ...call })
  if (answer.__typename === 'WorkspaceTaken' || answer.__typename === 'Forbidden') throw taken(answer.message)
  const recorded = accept(answer).workspace
  if (recorded.host !== HOST || recorded.path !== path) throw elsewhere(recorded)
  await rememberRecorded(tools.config.workspace, recorded.id, workspace)
}

function taken(message: string): AgentError {
  return new AgentError(
    'HUMAN_REQUIRED',
    'WORKSPACE_TAKEN',
    message,
    'Find out what recorded it, or have the run work in another directory.',
  )
}

function elsewhere({ host, path }: { readonly host: string; readonly path: string }): AgentError {
  return new AgentError(
    'HUMAN_REQUIRED',
    'WORKSPACE_ELSEWHERE',
    `The run works in ${path} on ${host}, which is not what this worker on ${HOST} would open`,
    `Have a worker on ${host} with the settings of then take it, or remove that workspace, and try again.`,
  )
}
