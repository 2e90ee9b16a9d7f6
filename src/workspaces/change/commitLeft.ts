import { atRepository, type GitPlace } from '../git/place.ts'
import { askGit, type GitCall, type GitOptions, runGit, splitNul } from '../git/runGit.ts'
import { readSetting } from '../git/settings.ts'
import { refuseSubmodules } from '../place/submodules.ts'
import { refuseUntrusted } from '../place/refuseUntrusted.ts'
import { branchRef, readCommitAt, readHead } from '../place/repository.ts'
import { listChanged, updateIndex } from '../place/snapshot.ts'
import type { Worktree } from '../kit/workspace.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import { placeOf } from '../place/worktree.ts'

/**
 * Commits everything uncommitted in a worktree to its branch.
 *
 * @returns the commit that the branch is at
 * @throws {@link WorkspaceError} `NOT_ON_BRANCH`, `UNFINISHED_MERGE`, `EMBEDDED_REPOSITORY`, `SUBMODULE_CHANGED`,
 *   `SUBMODULE_NOT_PUSHED`, `REPOSITORY_LOCKED`, `FILTER_NOT_TRUSTED`, `WORKTREE_LOST` and others
 */
export async function commitLeft(worktree: Worktree, call: GitCall): Promise<string> {
  const { repository, branch, owner } = worktree
  const at = await placeOf(worktree)
  const options = { at, timeoutMs: COMMIT_MS, ...call }
  await refuseOffBranch(worktree, at, call)
  await refuseUntrusted(at, call)
  const unmerged = await listUnmerged(options)
  if (unmerged.length > 0) throw unfinishedMerge(worktree, unmerged)
  const left = await listChanged(options)
  const embedded = left.filter((file) => file.endsWith('/'))
  if (embedded.length > 0) throw embeddedRepository(worktree, embedded)
  await refuseSubmodules(worktree, at, call)
  await updateIndex(left, options)
  const isMerging = (await readCommitAt(at, 'MERGE_HEAD', call)) !== null
  if (isMerging || (await isStaged(options)))
    await runGit(['commit', '--quiet', '--no-verify', '--cleanup=verbatim', '--file=-'], {
      ...options,
      env: await findIdentity(at, call),
      input: `Keep what ${owner} left uncommitted\n`,
    })
  return askGit(['rev-parse', '--verify', branchRef(branch)], { at: atRepository(repository), ...call })
}

/** Whether the index differs from HEAD. */
async function isStaged(options: GitOptions): Promise<boolean> {
  const args = ['diff-index', '--cached', '--quiet', '--ignore-submodules=dirty', 'HEAD', '--']
  return (await runGit(args, { ...options, accept: [0, 1] })).exitCode === 1
}

async function listUnmerged(options: GitOptions): Promise<string[]> {
  const entries = splitNul((await runGit(['ls-files', '--unmerged', '-z'], options)).stdout)
  return [...new Set(entries.map((entry) => entry.slice(entry.indexOf('\t') + 1)))]
}

/** The timeout for committing many files, in milliseconds. */
const COMMIT_MS = 10 * 60_000

/** The author and committer where git's settings name none. */
const NOBODY = { NAME: 'Pawl', EMAIL: 'pawl@localhost' }

/** Returns environment variables for the author and the committer, as far as git's settings do not name one. */
export async function findIdentity(at: GitPlace, call: GitCall): Promise<Record<string, string>> {
  const { settings } = await call.seals.of(at)
  const missing: Record<string, string> = {}
  for (const part of ['NAME', 'EMAIL'] as const) {
    if (readSetting(settings, `user.${part.toLowerCase()}`) !== null) continue
    for (const role of ['AUTHOR', 'COMMITTER']) missing[`GIT_${role}_${part}`] = NOBODY[part]
  }
  return missing
}

async function refuseOffBranch({ path, branch }: Worktree, at: GitPlace, call: GitCall): Promise<void> {
  const head = await readHead(at, call)
  if (head === branchRef(branch)) return
  const instead = head === null ? 'no branch' : head.replace(/^refs\/heads\//, '')
  throw new WorkspaceError('HUMAN_REQUIRED', {
    code: 'NOT_ON_BRANCH',
    message: `The worktree ${path} has ${instead} checked out, and not ${branch}`,
    hint: `Finish what is under way there, bring the work to ${branch}, and check that out.`,
  })
}

function unfinishedMerge({ path }: Worktree, files: readonly string[]): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'UNFINISHED_MERGE',
    message: `A merge has been left unfinished in ${path}, with conflicts in ${files.length} files`,
    hint: 'Resolve them there and add the files, or abort that merge.',
    files,
  })
}

function embeddedRepository({ path }: Worktree, files: readonly string[]): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'EMBEDDED_REPOSITORY',
    message: `There are git repositories inside of ${path}, whose files can not be committed to it`,
    hint: 'Remove their .git folders, let git ignore them, or move them away.',
    files,
  })
}
