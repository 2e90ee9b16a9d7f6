import { join } from 'node:path'
import { atRepository } from '../git/place.ts'
import { type GitCall, runGit } from '../git/runGit.ts'
import { findDirectory, type Places } from '../record/places.ts'
import { removeRecord, type WorkspaceRecord, writeRecord } from '../record/record.ts'
import { branchRef, readCommit } from './repository.ts'
import { isWorktree, type Worktree, type Workspace } from '../kit/workspace.ts'
import { addWorktree, discardWorktree, inspectWorktree, placeOf, repairWorktree } from './worktree.ts'

/**
 * Creates or repairs the workspace described by a record, resuming after an interruption. Call it with the
 * workspace lock held.
 *
 * @returns the workspace, and whether it was created, or created again
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

/**
 * Creates the worktree. While its record is not READY nobody has worked at its path, so whatever is there can be
 * removed.
 */
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
    // With an empty old value, git creates the branch only where it does not exist.
    if (!isBegun) await runGit(['update-ref', ref, baseCommit, ''], { ...options, signal: call.signal })
    await addWorktree(record, call)
  } catch (error) {
    // A failed creation leaves nothing behind. Where the branch existed before, the record stays, so that the next
    // attempt resumes.
    await discardWorktree({ ...record, gitDir: null })
    if (!isBegun) {
      await runGit(['update-ref', '-d', ref, baseCommit], { ...options, accept: [0, 1, 128] })
      await removeRecord(places, record.owner)
    }
    throw error
  }
}
