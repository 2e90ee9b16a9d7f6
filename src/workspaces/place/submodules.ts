import { lstat, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { GitPlace } from '../git/place.ts'
import { askGit, type GitCall, runGit, splitNul } from '../git/runGit.ts'
import { readGitFile } from '../kit/readSmall.ts'
import { listUncommitted } from './snapshot.ts'
import type { Worktree } from '../kit/workspace.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

/** The current state of a submodule of a worktree. */
interface Submodule {
  /** Relative to the worktree. */
  readonly path: string
  /** The paths to run git with in it; null where it was not fetched. */
  readonly at: GitPlace | null
  /** Files in it that none of its commits holds, relative to the worktree. */
  readonly left: readonly string[]
}

/**
 * Lists the submodules of a worktree whose folders are not empty. Each is inspected as a separate repository with
 * untrusted settings: git, by default, would run programs that these settings name.
 */
export async function listSubmodules(at: GitPlace, call: GitCall): Promise<Submodule[]> {
  const { stdout } = await runGit(['ls-files', '--stage', '-z'], { at, ...call })
  const paths = splitNul(stdout).flatMap((entry) =>
    entry.startsWith('160000 ') ? [entry.slice(entry.indexOf('\t') + 1)] : [],
  )
  const found: Submodule[] = []
  for (const path of paths) {
    const folder = join(at.workTree ?? '', path)
    const names = await readdir(folder).catch(() => [])
    if (names.length === 0) continue
    const own = await findRepositoryIn(folder)
    const left = own === null ? names : await listUncommitted(own, call)
    found.push({ path, at: own, left: left.map((name) => `${path}/${name}`) })
  }
  return found
}

/**
 * Refuses to commit a worktree where that would lose work in its submodules: changed files, or commits that exist
 * nowhere else.
 *
 * @throws {@link WorkspaceError} `SUBMODULE_CHANGED`, `SUBMODULE_NOT_PUSHED`
 */
export async function refuseSubmodules(
  { path, baseCommit }: Worktree,
  at: GitPlace,
  call: GitCall,
): Promise<void> {
  const submodules = await listSubmodules(at, call)
  const left = submodules.flatMap((submodule) => submodule.left)
  if (left.length > 0) throw changed(path, left)
  const unpushed: string[] = []
  for (const { path: inside, at: own } of submodules) {
    if (own === null) continue
    const before = await askGit(['ls-tree', '--format=%(objectname)', baseCommit, '--', inside], {
      at,
      ...call,
    })
    const head = (
      await askGit(['rev-parse', '--verify', '--quiet', 'HEAD'], { at: own, accept: [0, 1], ...call })
    ).trim()
    if (head === '' || head === before) continue
    const args = ['for-each-ref', '--count=1', `--contains=${head}`, 'refs/remotes', 'refs/tags']
    if ((await askGit(args, { at: own, ...call })) === '') unpushed.push(inside)
  }
  if (unpushed.length > 0) throw notPushed(path, unpushed)
}

/**
 * Returns the repository in a folder, with that folder as its working tree regardless of its settings; null where
 * there is none.
 */
async function findRepositoryIn(folder: string): Promise<GitPlace | null> {
  const link = join(folder, '.git')
  const found = await lstat(link).catch(() => null)
  if (found === null) return null
  const gitDir = await realpath((await readGitFile(folder)) ?? link).catch(() => null)
  return gitDir === null ? null : { repository: gitDir, gitDir, workTree: folder }
}

function changed(path: string, files: readonly string[]): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'SUBMODULE_CHANGED',
    message: `In submodules of ${path} there are ${files.length} files that no commit of theirs holds`,
    hint: 'Commit them in the submodule and push that, or remove them, and ask again.',
    files,
  })
}

function notPushed(path: string, files: readonly string[]): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'SUBMODULE_NOT_PUSHED',
    message: `${files.length} submodules of ${path} are at commits that exist nowhere else`,
    hint: 'Push them from there, so that others find what is merged, and ask again.',
    files,
  })
}
