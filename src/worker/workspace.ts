import { hostname } from 'node:os'
import { AgentError } from '../adapters/adapter.ts'
import { openWorkspace } from '../workspaces/openWorkspace.ts'
import { rememberRecorded } from '../workspaces/recorded.ts'
import type { OpenWorkspace } from '../workspaces/workspace.ts'
import type { OwnedRun } from './ownedRun.ts'

/** This machine, as workspaces are recorded with it. */
export const HOST = hostname()

/**
 * Opens the workspace of a run, and has the server know where it is.
 *
 * @throws AgentError where the run works on another machine, or in another directory; WorkspaceError where it can't be opened
 */
export async function openRunWorkspace(run: OwnedRun): Promise<OpenWorkspace> {
  const { tools, held } = run
  const { id: runId, input, continues } = held.run
  const settings = tools.config.workspace
  const workspace = await openWorkspace({
    runId,
    continuesRunId: continues?.id,
    input,
    settings,
    signal: held.signal,
  })
  try {
    await record(run, workspace)
    return workspace
  } catch (error) {
    workspace.close()
    throw error
  }
}

async function record({ held, call, accept, tools }: OwnedRun, workspace: OpenWorkspace): Promise<void> {
  const { kind, path, repository, branch, baseCommit } = workspace
  const branchOf = kind === 'WORKTREE' ? { repository, branch, baseCommit } : {}
  const answer = await held.workspaces.record({ host: HOST, kind, path, ...branchOf, ...call })
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
