import { lstat, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GitPlace } from '../git/place.ts'
import type { GitCall } from '../git/runGit.ts'
import { isOf } from './listWorktrees.ts'
import { branchRef } from './repository.ts'
import type { Worktree } from '../kit/workspace.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import { findGitDir } from './worktree.ts'

/**
 * Returns the paths to run git with in a worktree that is only read. Where its repository has lost it, or its
 * registration names another repository, the git directory is a stand-in without an index, so that all files are
 * read.
 *
 * @throws {@link WorkspaceError} `WORKSPACE_GONE`
 */
export async function findPlace(worktree: Worktree, call: GitCall): Promise<GitPlace> {
  const { repository, path, branch } = worktree
  if (!(await isThere(path))) throw gone(worktree)
  const known = await findGitDir(worktree)
  if (known !== null && (await isOf(known, repository))) return { repository, gitDir: known, workTree: path }
  const gitDir = await call.seals.makeFolder()
  await writeFile(join(gitDir, 'HEAD'), `ref: ${branchRef(branch)}\n`)
  return { repository, gitDir, workTree: path }
}

async function isThere(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null)
  return found?.isDirectory() === true && (await readdir(path)).length > 0
}

function gone({ path, branch }: Worktree): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'WORKSPACE_GONE',
    message: `The worktree ${path} is not there any more: what stood in it and in no commit is lost`,
    hint: `The branch ${branch} has what was committed: merge that by hand, continue the run, or remove the workspace.`,
  })
}
