import { FileLock } from '../kit/fileLock.ts'
import { rememberFilters, withGit } from '../git/runGit.ts'
import { readyWorkspace } from './readyWorkspace.ts'
import { planWorkspace, checkRequest, readRequest } from './planWorkspace.ts'
import { checkRunId, lockPath, type Places, preparePlaces } from '../record/places.ts'
import { findRecord, writeShared } from '../record/record.ts'
import type { OpenWorkspace } from '../kit/workspace.ts'
import type { WorkspaceSettings } from '../kit/workspaceSettings.ts'

/** Which workspace to open. */
export interface OpenOptions {
  readonly runId: string
  /** The run that this one continues; its workspace is shared where it is known here. */
  readonly continuesRunId?: string | null | undefined
  /** The run's input. Only its `workspace` field is read, where it has one. */
  readonly input: unknown
  readonly settings: WorkspaceSettings
  /** Aborts the call. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens the workspace of a run: an existing directory, or a worktree on the run's own branch, which the first call
 * creates and later calls find again. Safe to call from several processes at once, and again after a kill at any
 * moment: all get the same workspace, and no commit and no changed file is lost.
 *
 * @throws WorkspaceError `WORKSPACE_INPUT_INVALID`, `DIRECTORY_NOT_ALLOWED`, `DIRECTORY_NOT_FOUND`,
 *   `NOT_A_REPOSITORY`, `BASE_NOT_FOUND`, `PATH_TAKEN`, `BRANCH_IN_USE`, `WORKSPACE_MISMATCH` and others; the
 *   signal's reason when it aborts
 */
export async function openWorkspace(options: OpenOptions): Promise<OpenWorkspace> {
  const { runId, continuesRunId = null, settings, signal } = options
  checkRunId(runId)
  if (continuesRunId !== null) checkRunId(continuesRunId)
  const request = readRequest(options.input)
  const places = await preparePlaces(settings)
  // Directories can be used even where git is not installed.
  await rememberFilters(signal).catch(() => signal?.throwIfAborted())
  for (;;) {
    const owner = await findOwner(places, runId, continuesRunId)
    const lock = await FileLock.take(lockPath(places, owner, 'lock'), { signal })
    try {
      const opened = await withGit({ signal, lock }, async (call) => {
        const record = await findRecord(places, owner)
        // The shared workspace was removed before the lock was acquired: look again.
        if (record === null && owner !== runId) return null
        if (record !== null && request !== null) await checkRequest(request, record, { settings, call })
        const plan = record ?? (await planWorkspace({ runId, request, settings, places, call }))
        return readyWorkspace(places, plan, call)
      })
      if (opened === null) continue
      const { workspace, isNew } = opened
      if (owner !== runId) await writeShared(places, runId, owner)
      const use = await FileLock.take(lockPath(places, owner, 'use'), { signal, kind: 'shared' })
      return { ...workspace, isNew, fd: use.fd, close: () => use.release() }
    } finally {
      lock.release()
    }
  }
}

/** Returns the run that the workspace was created for, or is to be created for. */
async function findOwner(places: Places, runId: string, continuesRunId: string | null): Promise<string> {
  const own = await findRecord(places, runId)
  const record = own ?? (continuesRunId === null ? null : await findRecord(places, continuesRunId))
  return record?.owner ?? runId
}
