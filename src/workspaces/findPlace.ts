import { lstat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GitPlace } from './git/place.ts'
import type { GitCall } from './git/runGit.ts'
import { branchRef } from './repository.ts'
import type { Worktree } from './workspace.ts'
import { WorkspaceError } from './workspaceError.ts'
import { findGitDir } from './worktree.ts'

/**
 * What git is run for in a worktree that is only looked at. Where its repository has lost it, that is a stand-in without an index, so
 * that all files are read.
 *
 * @throws {@link WorkspaceError} `WORKSPACE_GONE`
 */
export async function findPlace(worktree: Worktree, call: GitCall): Promise<GitPlace> {
  const { repository, path, branch } = worktree
  const found = await lstat(path).catch(() => null)
  if (!found?.isDirectory()) throw gone(path)
  const known = await findGitDir(worktree)
  if (known !== null) return { repository, gitDir: known, workTree: path }
  const gitDir = await call.seals.makeFolder()
  await writeFile(join(gitDir, 'HEAD'), `ref: ${branchRef(branch)}\n`)
  return { repository, gitDir, workTree: path }
}

function gone(path: string): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'WORKSPACE_GONE',
    message: `The worktree ${path} is not there any more: what stood in it uncommitted is lost`,
    hint: 'Its branch has what was committed. A run that continues this one has the worktree made anew from it.',
  })
}
