import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GitPlace } from '../git/place.ts'
import type { GitCall } from '../git/runGit.ts'
import { listWorktrees } from './listWorktrees.ts'
import { branchRef } from './repository.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

/**
 * Returns the working trees that have a branch checked out.
 *
 * @throws {@link WorkspaceError} `BASE_BUSY` where a merge, a rebase, a cherry-pick or a revert of it is in
 *   progress in one; `CHECKOUT_NOT_FOUND`
 */
export async function findCheckouts(repository: string, branch: string, call: GitCall): Promise<GitPlace[]> {
  await refuseRebase(repository, branch)
  const found: GitPlace[] = []
  for (const checkout of await listWorktrees(repository, call)) {
    if (checkout.branch !== branch) continue
    const { gitDir, workTree, path } = checkout
    if (workTree === null) throw notFound(repository)
    if (!(await isThere(workTree))) continue
    await refuseUnfinished(gitDir, path, branch)
    found.push({ repository, gitDir, workTree })
  }
  return found
}

async function refuseUnfinished(gitDir: string, path: string, branch: string): Promise<void> {
  for (const name of ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD'])
    if (await isThere(join(gitDir, name))) throw busy(path, branch)
}

/** A branch that is being rebased is checked out nowhere, and moves when the rebase ends. */
async function refuseRebase(repository: string, branch: string): Promise<void> {
  const linked = await readdir(join(repository, 'worktrees')).catch(() => [])
  const gitDirs = [repository, ...linked.map((name) => join(repository, 'worktrees', name))]
  for (const gitDir of gitDirs)
    for (const kind of ['rebase-merge', 'rebase-apply']) {
      const name = await readFile(join(gitDir, kind, 'head-name'), 'utf8').catch(() => '')
      if (name.trim() === branchRef(branch)) throw busy(gitDir, branch)
    }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function busy(path: string, branch: string): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'BASE_BUSY',
    message: `A merge or rebase of ${branch} is under way in ${path}`,
    hint: 'Finish or abort it, and ask again.',
  })
}

function notFound(repository: string): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'CHECKOUT_NOT_FOUND',
    message: `The repository ${repository} does not say where its files stand`,
    hint: `Tell it, with an absolute path: git --git-dir=${repository} config core.worktree PATH`,
  })
}
