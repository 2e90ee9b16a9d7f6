import { FileLock } from '../kit/fileLock.ts'
import { rememberFilters, withGit } from '../git/runGit.ts'
import { readyWorkspace } from './readyWorkspace.ts'
import { planWorkspace, checkRequest, readRequest } from './planWorkspace.ts'
import { checkRunId, lockPath, type Places, preparePlaces } from '../record/places.ts'
import { findRecord, writeShared } from '../record/record.ts'
import type { OpenWorkspace } from '../kit/workspace.ts'
import type { WorkspaceSettings } from '../kit/workspaceSettings.ts'

/** Which workspace is opened. */
export interface OpenOptions {
  readonly runId: string
  /** The run that it continues, and whose workspace it shares where that is known here. */
  readonly continuesRunId?: string | null | undefined
  /** The run's input. Its `workspace` is looked at, where it has one; anything else in it is left alone. */
  readonly input: unknown
  readonly settings: WorkspaceSettings
  /** Ends the opening. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens the workspace of a run: a directory that is there, or a worktree on a branch of the run's own, made at the first opening and
 * found again at every later one. May be called by several processes at once, and again after a kill at any instant: all get
 * the same, and no commit and no changed file is lost.
 *
 * @throws WorkspaceError `WORKSPACE_INPUT_INVALID`, `DIRECTORY_NOT_ALLOWED`, `DIRECTORY_NOT_FOUND`, `NOT_A_REPOSITORY`,
 *   `BASE_NOT_FOUND`, `PATH_TAKEN`, `BRANCH_IN_USE`, `WORKSPACE_MISMATCH` and others; the signal's reason when it aborts
 */
export async function openWorkspace(options: OpenOptions): Promise<OpenWorkspace> {
  const { runId, continuesRunId = null, settings, signal } = options
  checkRunId(runId)
  if (continuesRunId !== null) checkRunId(continuesRunId)
  const request = readRequest(options.input)
  const places = await preparePlaces(settings)
  // Without git, directories can be worked in all the same.
  await rememberFilters(signal).catch(() => signal?.throwIfAborted())
  for (;;) {
    const owner = await findOwner(places, runId, continuesRunId)
    const lock = await FileLock.take(lockPath(places, owner, 'lock'), { signal })
    try {
      const opened = await withGit({ signal, lock }, async (call) => {
        const record = await findRecord(places, owner)
        // Removed until the lock was there.
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

/** The run that the workspace was, or is to be, made for. */
async function findOwner(places: Places, runId: string, continuesRunId: string | null): Promise<string> {
  const own = await findRecord(places, runId)
  const record = own ?? (continuesRunId === null ? null : await findRecord(places, continuesRunId))
  return record?.owner ?? runId
}
