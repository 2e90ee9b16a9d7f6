import { lstat } from 'node:fs/promises'
import type { Pawl, Workspace, WorkspaceOperation, WorkspaceResultInput } from '@pawl/sdk'
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

/** What operations are performed with. */
export interface OperationTools {
  readonly pawl: Pawl
  readonly settings: WorkspaceSettings
  readonly places: Places
  readonly previews: OwnPreviews
}

/** The result of an operation, as reported to the server; undefined for a kind that has none. */
export type OperationResult = WorkspaceResultInput | undefined

/**
 * Performs an operation on the workspace that was created here. The server's data on the workspace is checked
 * against the local record, so that nothing else can be shown, merged or removed.
 *
 * @throws WorkspaceError; the signal's reason when it aborts
 */
export async function performOperation(
  tools: OperationTools,
  workspace: Workspace,
  { kind, isForced }: Pick<WorkspaceOperation, 'kind' | 'isForced'>,
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
      return undefined
    case 'REMOVE':
      await previews.stop(workspace.id)
      await remove(tools, workspace, isForced, signal)
      return undefined
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
    // Either a directory, which is never removed, or an earlier removal that was not reported to the server.
    if (workspace.kind === 'WORKTREE' && (await isThere(workspace.path))) throw error
    return null
  })
  if (found?.kind === 'WORKTREE') await removeWorkspace({ owner: found.owner, settings, force, signal })
  await forgetRecorded(places, workspace.id)
}

/** Returns the local record of a workspace, which is trusted over the server's data. */
function find({ places, pawl }: OperationTools, workspace: Workspace): Promise<WorkspaceRecord> {
  return findRecorded(places, workspace, async () => {
    const detail = await pawl.workspaces.find(workspace.id)
    return detail?.runs.nodes.map(({ id }) => id) ?? []
  })
}

/** A directory may no longer be allowed, or no longer exist. */
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

function toDiff({ files, truncated, ...diff }: Awaited<ReturnType<typeof diffWorkspace>>) {
  return { ...diff, isTruncated: truncated, files: files.map((file) => ({ ...file })) }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
