import { Argument } from 'commander'
import type { WorkspaceDetail } from '@pawl/sdk'
import { chooseRun } from '../kit/chooseRun.ts'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import { findId, readPages } from '../kit/findId.ts'
import type { Invocation } from '../kit/invocation.ts'

/** The workspace as an argument: by its own id, or by that of a run. */
export const workspaceArgument = () =>
  new Argument('<workspace>', 'id of the workspace or of a run that works in it, or the end of one')

/**
 * The workspace of the run that a command applies to.
 *
 * @throws PawlProblem as `chooseRun`; UsageError if the run has none.
 */
export async function chooseWorkspaceOfRun(
  invocation: Invocation,
  named: string | undefined,
): Promise<WorkspaceDetail> {
  const { run } = await chooseRun(invocation, named)
  const workspace = await invocation.pawl.workspaces.get(run.id)
  if (workspace) return workspace
  throw new UsageError(
    `run ${invocation.err.ids(run.id)} has no workspace: no worker has recorded a directory for it`,
    EXIT.notFound,
    'NoWorkspace',
  )
}

/**
 * The workspace of this id, or of the run of this id.
 *
 * @throws PawlProblem as `chooseRun`; UsageError if there is none.
 */
export async function chooseWorkspace(invocation: Invocation, typed: string): Promise<WorkspaceDetail> {
  const { workspaces } = invocation.pawl
  const id = await findId(typed, () => readPages((page) => workspaces.list(page)))
  if (!id.startsWith('wsp_')) return chooseWorkspaceOfRun(invocation, id)
  const workspace = await workspaces.find(id)
  if (workspace) return workspace
  throw new UsageError(`there is no workspace ${id}`, EXIT.notFound, 'NotFound')
}
