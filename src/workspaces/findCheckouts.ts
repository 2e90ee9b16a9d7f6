import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { askGit, type GitCall } from './git.ts'
import { branchRef, listWorktrees } from './repository.ts'
import { WorkspaceError } from './workspaceError.ts'

/**
 * The working trees that have a branch checked out.
 *
 * @throws {@link WorkspaceError} `BASE_BUSY` where a merge or a rebase of it is under way in one
 */
export async function findCheckouts(repository: string, branch: string, call: GitCall): Promise<string[]> {
  await refuseRebase(repository, branch)
  const found: string[] = []
  for (const worktree of await listWorktrees(repository, call)) {
    if (worktree.branch !== branch || worktree.isBare || !(await isThere(worktree.path))) continue
    await refuseUnfinished(worktree.path, branch, call)
    found.push(worktree.path)
  }
  return found
}

async function refuseUnfinished(path: string, branch: string, call: GitCall): Promise<void> {
  const gitDir = await askGit(['rev-parse', '--absolute-git-dir'], { cwd: path, ...call })
  for (const name of ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD'])
    if (await isThere(join(gitDir, name))) throw busy(path, branch)
}

/** A branch that is being rebased is checked out nowhere, and moved when that ends. */
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
