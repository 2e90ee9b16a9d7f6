import { lstat } from 'node:fs/promises'
import type {
  Pawl,
  Workspace,
  WorkspaceDiffInput,
  WorkspaceMergeInput,
  WorkspaceOperation,
  WorkspacePreviewInput,
} from '@pawl/sdk'
import { diffWorkspace } from '../change/diffWorkspace.ts'
import { findWorktree } from '../place/findWorkspace.ts'
import { mergeWorkspace } from '../change/mergeWorkspace.ts'
import { checkAllowed, findDirectory, type Places } from '../record/places.ts'
import type { WorkspaceRecord } from '../record/record.ts'
import { findRecorded, forgetRecorded } from '../record/recorded.ts'
import { removeWorkspace } from '../change/removeWorkspace.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import type { WorkspaceSettings } from '../kit/workspaceSettings.ts'
import type { OwnPreviews } from './ownPreviews.ts'

/** What operations are done with. */
export interface OperationTools {
  readonly pawl: Pawl
  readonly settings: WorkspaceSettings
  readonly places: Places
  readonly previews: OwnPreviews
}

/** What an operation came to, as it is told at its end. */
export interface OperationResult {
  readonly diff?: WorkspaceDiffInput
  readonly merge?: WorkspaceMergeInput
  readonly preview?: WorkspacePreviewInput
}

/**
 * Does what was asked for, with what was made here for a run that works in the workspace: what the server says of it is held against
 * that, so that nothing else is shown, merged or removed.
 *
 * @throws WorkspaceError; the signal's reason when it aborts
 */
export async function performOperation(
  tools: OperationTools,
  workspace: Workspace,
  { kind, force }: Pick<WorkspaceOperation, 'kind' | 'force'>,
  signal: AbortSignal,
): Promise<OperationResult> {
  const { settings, previews } = tools
  switch (kind) {
    case 'DIFF': {
      const { owner } = await find(tools, workspace)
      return { diff: toDiff(await diffWorkspace(await findWorktree({ owner, settings }), { signal })) }
    }
    case 'MERGE': {
      const { owner } = await find(tools, workspace)
      const { commit, into } = await mergeWorkspace({ owner, settings, signal })
      return { merge: { commit, into } }
    }
    case 'START_PREVIEW': {
      await checkDirectory(tools, await find(tools, workspace))
      const { url, pid } = await previews.start(workspace, signal)
      return { preview: { url, pid } }
    }
    case 'STOP_PREVIEW':
      await previews.stop(workspace.id)
      return {}
    case 'REMOVE':
      await previews.stop(workspace.id)
      await remove(tools, workspace, force, signal)
      return {}
  }
}

async function remove(
  tools: OperationTools,
  workspace: Workspace,
  force: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { settings, places } = tools
  const found = await find(tools, workspace).catch(async (error: unknown) => {
    // A directory that is nobody's to remove, or an earlier removal of which the server was not told.
    if (workspace.kind === 'WORKTREE' && (await isThere(workspace.path))) throw error
    return null
  })
  if (found?.kind === 'WORKTREE') await removeWorkspace({ owner: found.owner, settings, force, signal })
  await forgetRecorded(places, workspace.id)
}

/** What was made here, and not what the server says of it. */
function find({ places, pawl }: OperationTools, workspace: Workspace): Promise<WorkspaceRecord> {
  return findRecorded(places, workspace, async () => {
    const detail = await pawl.workspaces.find(workspace.id)
    return detail?.runs.map(({ id }) => id) ?? []
  })
}

/** A directory that is worked in may not be allowed any more, or be gone. */
async function checkDirectory({ settings }: OperationTools, { kind, path }: WorkspaceRecord): Promise<void> {
  if (!(await isThere(path))) throw gone(path)
  if (kind === 'WORKTREE') return
  const { directory = '.', allow = [process.cwd()] } = settings
  await checkAllowed(await findDirectory(path), { allow: [directory, ...allow] })
}

function gone(path: string): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'WORKSPACE_GONE',
    message: `The workspace ${path} is not there any more`,
    hint: 'Put it back, continue the run, or remove the workspace.',
  })
}

function toDiff({ files, ...diff }: Awaited<ReturnType<typeof diffWorkspace>>) {
  return { ...diff, files: files.map((file) => ({ ...file })) }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
