import { FileLock } from '../kit/fileLock.ts'
import { type GitCall, withGit } from '../git/runGit.ts'
import { checkRunId, lockPath, type Places, preparePlaces } from '../record/places.ts'
import { findRecord, type WorkspaceRecord } from '../record/record.ts'
import { isWorktree, type Worktree } from '../kit/workspace.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import type { WorkspaceSettings } from '../kit/workspaceSettings.ts'

/** Names a worktree by the run that it was created for. */
export interface WorktreeName {
  readonly owner: string
  readonly settings: Pick<WorkspaceSettings, 'root'>
  readonly signal?: AbortSignal | undefined
}

/**
 * Returns the worktree that was created here for a run.
 *
 * @throws {@link WorkspaceError} `WORKSPACE_UNKNOWN` where none is recorded, or it is being created or removed
 */
export async function findWorktree({ owner, settings }: WorktreeName): Promise<Worktree> {
  checkRunId(owner)
  return toWorktree(owner, await findRecord(await preparePlaces(settings), owner))
}

/** A workspace that nobody else can change or open while it is held. */
export interface HeldWorkspace {
  readonly places: Places
  /** The record of the workspace; null where there is none. */
  readonly record: WorkspaceRecord | null
  readonly call: GitCall
  readonly locks: readonly FileLock[]
}

/** How long to wait for a worker to close the workspace of a run that has just ended, in milliseconds. */
const LEAVING_TAKES_MS = 5_000

/**
 * Runs `body` with a workspace that nobody works in, and prevents others from opening it until `body` ends. Waits
 * up to 5 s for a worker that is about to close it.
 *
 * @throws {@link WorkspaceError} `WORKSPACE_IN_USE`
 */
export async function withIdleWorkspace<T>(
  { owner, settings, signal }: WorktreeName,
  body: (held: HeldWorkspace) => Promise<T>,
): Promise<T> {
  checkRunId(owner)
  const places = await preparePlaces(settings)
  const lock = await FileLock.take(lockPath(places, owner, 'lock'), { signal })
  try {
    const use = await FileLock.waitFor(lockPath(places, owner, 'use'), {
      signal,
      timeoutMs: LEAVING_TAKES_MS,
    })
    if (use === null) throw inUse(owner)
    try {
      const record = await findRecord(places, owner)
      return await withGit({ signal, lock }, (call) => body({ places, record, call, locks: [use, lock] }))
    } finally {
      use.release()
    }
  } finally {
    lock.release()
  }
}

/**
 * Returns the worktree described by a record.
 *
 * @throws {@link WorkspaceError} `WORKSPACE_UNKNOWN`
 */
export function toWorktree(owner: string, record: WorkspaceRecord | null): Worktree {
  if (record?.owner === owner && record.state === 'READY' && isWorktree(record)) return record
  throw new WorkspaceError('FATAL', {
    code: 'WORKSPACE_UNKNOWN',
    message: `Nothing is remembered here of a worktree made for ${owner}`,
    hint: 'It was removed, or made by a worker with another workspace.root.',
  })
}

function inUse(owner: string): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'WORKSPACE_IN_USE',
    message: `A worker has the workspace of ${owner} open`,
    hint: 'Wait until the run that works in it has ended, or cancel it.',
  })
}
