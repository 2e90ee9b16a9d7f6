import { join } from 'node:path'
import { type GitCall, runGit } from './git.ts'
import { findDirectory, type Places } from './places.ts'
import { type WorkspaceRecord, writeRecord } from './record.ts'
import { branchRef, readCommit } from './repository.ts'
import type { Workspace } from './workspace.ts'
import {
  addWorktree,
  discardWorktree,
  inspectWorktree,
  repairWorktree,
  type WorktreePlan,
} from './worktree.ts'

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
  const { state, ...workspace } = record
  const { kind, repository, branch, path, baseCommit } = record
  if (kind === 'DIRECTORY' || repository === null || branch === null || baseCommit === null) {
    await findDirectory(path)
    await writeRecord(places, { ...record, state: 'READY' })
    return { workspace, isNew: false }
  }
  await findDirectory(repository)
  const plan = { path, repository, branch }
  const found = state === 'READY' ? await inspectWorktree(plan, call) : 'NOTHING'
  if (found === 'NOTHING') await makeWorktree(places, record, plan, baseCommit, call)
  if (found === 'OTHER') await repairWorktree(plan, join(places.state, `${record.owner}.tree`), call)
  await writeRecord(places, { ...record, state: 'READY' })
  return { workspace, isNew: found === 'NOTHING' }
}

/** Nobody has worked yet in what stands at the path while its record is not READY, so that it may go. */
async function makeWorktree(
  places: Places,
  record: WorkspaceRecord,
  plan: WorktreePlan,
  baseCommit: string,
  call: GitCall,
): Promise<void> {
  await writeRecord(places, { ...record, state: 'MAKING' })
  await discardWorktree(plan)
  const ref = branchRef(plan.branch)
  // The empty old value: only where the branch is not there.
  if ((await readCommit(plan.repository, ref, call)) === null)
    await runGit(['update-ref', ref, baseCommit, ''], { cwd: plan.repository, ...call })
  await addWorktree(plan, call)
}
