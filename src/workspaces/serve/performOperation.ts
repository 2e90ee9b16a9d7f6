import { lstat } from 'node:fs/promises'
import type {
  Workspace,
  WorkspaceDiffInput,
  WorkspaceMergeInput,
  WorkspaceOperation,
  WorkspacePreviewInput,
} from '@pawl/sdk'
import { diffWorkspace } from '../diffWorkspace.ts'
import { findWorktree } from '../findWorkspace.ts'
import { mergeWorkspace } from '../mergeWorkspace.ts'
import { checkAllowed, findDirectory, type Places } from '../places.ts'
import { findRecord } from '../record.ts'
import { removeWorkspace } from '../removeWorkspace.ts'
import { WorkspaceError } from '../workspaceError.ts'
import type { WorkspaceSettings } from '../workspaceSettings.ts'
import type { OwnPreviews } from './ownPreviews.ts'

/** What operations are done with. */
export interface OperationTools {
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
 * Does what was asked for. What the server says of a workspace is held against what was made here, so that nothing else is merged
 * or removed.
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
      const name = { owner: await findOwner(tools, workspace), settings, signal }
      return { diff: toDiff(await diffWorkspace(await findWorktree(name), { signal })) }
    }
    case 'MERGE': {
      const { commit, into } = await mergeWorkspace({
        owner: await findOwner(tools, workspace),
        settings,
        signal,
      })
      return { merge: { commit, into } }
    }
    case 'START_PREVIEW': {
      await checkPlace(tools, workspace)
      const { url, pid } = await previews.start(workspace, signal)
      return { preview: { url, pid } }
    }
    case 'STOP_PREVIEW':
      await previews.stop(workspace.id)
      return {}
    case 'REMOVE':
      await previews.stop(workspace.id)
      if (workspace.kind === 'WORKTREE') await removeWorktree(tools, workspace, force, signal)
      return {}
  }
}

async function removeWorktree(
  tools: OperationTools,
  workspace: Workspace,
  force: boolean,
  signal: AbortSignal,
): Promise<void> {
  const owner = await findOwner(tools, workspace).catch(async (error: unknown) => {
    // An earlier removal of which the server was not told.
    if (await isThere(workspace.path)) throw error
    return null
  })
  if (owner !== null) await removeWorkspace({ owner, settings: tools.settings, force, signal })
}

async function checkPlace(tools: OperationTools, workspace: Workspace): Promise<void> {
  if (workspace.kind === 'WORKTREE') return void (await findOwner(tools, workspace))
  const { directory = '.', allow = [process.cwd()] } = tools.settings
  const path = await findDirectory(workspace.path)
  await checkAllowed(path, { allow: [directory, ...allow] })
}

/**
 * The run that a workspace was made for on this machine.
 *
 * @throws {@link WorkspaceError} `WORKSPACE_UNKNOWN` where nothing, or something else, is remembered of it
 */
async function findOwner(
  { places }: OperationTools,
  { branch, path, repository }: Workspace,
): Promise<string> {
  const owner = /^pawl\/([A-Za-z0-9_-]+)$/.exec(branch ?? '')?.[1]
  const record = owner === undefined ? null : await findRecord(places, owner)
  if (record?.owner === owner && record?.path === path && record.repository === repository)
    return record.owner
  throw new WorkspaceError('FATAL', {
    code: 'WORKSPACE_UNKNOWN',
    message: `Nothing is remembered here of a worktree ${path} with the branch ${branch ?? '(none)'}`,
    hint: 'It was made by a worker with another workspace.root, or removed by hand.',
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
