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

/** This machine, as workspaces are recorded with it. */
export const HOST = hostname()

/** The workspace of a run, which no other run works in. */
export interface RunWorkspace extends OpenWorkspace {
  /** Its lock, as every process in it is marked. */
  readonly lockId: string
  /** Descriptors that every process in it keeps open, so that it is taken for as long as any of them lives. */
  readonly keep: readonly number[]
}

/** How long what an earlier owner has left may take to end by itself, in seconds. */
const ABANDONED_STOP_SECONDS = 5

/**
 * Opens the workspace of a run, locks it against other runs of this machine, and has the server know where it is.
 *
 * @throws DirectoryTakenError where another run works there; AgentError where the run works on another machine, or in another
 *   directory; WorkspaceError where it can't be opened
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

/** Keeps other runs of this machine out of the directory, and ends what a command of the same run has left in it. */
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
  // What a worker has left belongs to sessions, and is adopted or ended with them.
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
