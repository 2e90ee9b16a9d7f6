import { join } from 'node:path'
import { atRepository } from '../git/place.ts'
import { type GitCall, runGit } from '../git/runGit.ts'
import { findDirectory, type Places } from '../record/places.ts'
import { removeRecord, type WorkspaceRecord, writeRecord } from '../record/record.ts'
import { branchRef, readCommit } from './repository.ts'
import { isWorktree, type Worktree, type Workspace } from '../kit/workspace.ts'
import { addWorktree, discardWorktree, inspectWorktree, placeOf, repairWorktree } from './worktree.ts'

/**
 * Brings about what a record says, wherever an earlier attempt was interrupted. To be called under the workspace's lock.
 *
 * @returns the workspace, and whether it was made, or made anew
 */
export async function readyWorkspace(
  places: Places,
  record: WorkspaceRecord,
  call: GitCall,
): Promise<{ readonly workspace: Workspace; readonly isNew: boolean }> {
  const { state } = record
  if (!isWorktree(record)) {
    await findDirectory(record.path)
    return remember(places, record, false)
  }
  await findDirectory(record.repository)
  const found = state === 'READY' ? await inspectWorktree(record, call) : 'NOTHING'
  if (found === 'NOTHING') await makeWorktree(places, record, call)
  if (found === 'OTHER') await repairWorktree(record, join(places.state, `${record.owner}.tree`), call)
  const { gitDir } = await placeOf({ ...record, gitDir: found === 'WORKTREE' ? record.gitDir : null })
  return remember(places, { ...record, gitDir }, found === 'NOTHING')
}

async function remember(places: Places, record: WorkspaceRecord, isNew: boolean) {
  const { state: _, ...workspace } = record
  await writeRecord(places, { ...record, state: 'READY' })
  return { workspace, isNew }
}

/** Nobody has worked yet in what stands at the path while its record is not READY, so that it may go. */
async function makeWorktree(
  places: Places,
  record: WorkspaceRecord & Worktree,
  call: GitCall,
): Promise<void> {
  const { repository, branch, baseCommit } = record
  await writeRecord(places, { ...record, state: 'MAKING' })
  await discardWorktree(record)
  const ref = branchRef(branch)
  const isBegun = (await readCommit(repository, ref, call)) !== null
  const options = { at: atRepository(repository), ...call, signal: undefined }
  try {
    // The empty old value: only where the branch is not there.
    if (!isBegun) await runGit(['update-ref', ref, baseCommit, ''], { ...options, signal: call.signal })
    await addWorktree(record, call)
  } catch (error) {
    // Nothing is left of what could not be made. Else the record tells the next attempt what it is to make good.
    await discardWorktree({ ...record, gitDir: null })
    if (!isBegun) {
      await runGit(['update-ref', '-d', ref, baseCommit], { ...options, accept: [0, 1, 128] })
      await removeRecord(places, record.owner)
    }
    throw error
  }
}
