import { askGit, type GitCall, type GitOptions, runGit, splitNul } from './git.ts'
import { branchRef, readCommit } from './repository.ts'
import { listUncommitted } from './snapshot.ts'
import type { Worktree } from './workspace.ts'
import { WorkspaceError } from './workspaceError.ts'

/**
 * Commits to a worktree's branch whatever stands in it uncommitted.
 *
 * @returns the commit that the branch stands at
 * @throws {@link WorkspaceError} `NOT_ON_BRANCH`, `UNFINISHED_MERGE`, `EMBEDDED_REPOSITORY`, `REPOSITORY_LOCKED`
 */
export async function commitLeft(worktree: Worktree, call: GitCall): Promise<string> {
  const { path, branch, owner } = worktree
  const options = { cwd: path, ...call }
  await refuseOffBranch(worktree, options)
  const unmerged = splitNul((await runGit(['diff', '--name-only', '--diff-filter=U', '-z'], options)).stdout)
  if (unmerged.length > 0) throw unfinishedMerge(worktree, unmerged)
  const left = await listUncommitted(path, call)
  const embedded = left.filter((file) => file.endsWith('/'))
  if (embedded.length > 0) throw embeddedRepository(worktree, embedded)
  const isMerging = (await readCommit(path, 'MERGE_HEAD', call)) !== null
  if (left.length > 0 || isMerging) {
    await runGit(['add', '--all'], { ...options, timeoutMs: COMMIT_MS })
    await runGit(['commit', '--quiet', '--no-verify', '--cleanup=verbatim', '--file=-'], {
      ...options,
      timeoutMs: COMMIT_MS,
      env: await findIdentity(path, call),
      input: `Keep what ${owner} left uncommitted\n`,
    })
  }
  return askGit(['rev-parse', '--verify', branchRef(branch)], options)
}

/** A commit of many files may take this long, in milliseconds. */
const COMMIT_MS = 10 * 60_000

/** Who commits where nobody is configured. */
const NOBODY = { NAME: 'Pawl', EMAIL: 'pawl@localhost' }

/** Variables that name a committer, as far as neither settings nor the environment do. */
export async function findIdentity(path: string, call: GitCall): Promise<Record<string, string>> {
  const missing: Record<string, string> = {}
  for (const part of ['NAME', 'EMAIL'] as const) {
    const key = `user.${part.toLowerCase()}`
    const { stdout } = await runGit(['config', '--get', key], { cwd: path, accept: [0, 1], ...call })
    if (stdout.trim() !== '') continue
    for (const role of ['AUTHOR', 'COMMITTER']) {
      const variable = `GIT_${role}_${part}`
      if (!process.env[variable]) missing[variable] = NOBODY[part]
    }
  }
  return missing
}

async function refuseOffBranch({ path, branch }: Worktree, options: GitOptions): Promise<void> {
  const { stdout } = await runGit(['symbolic-ref', '--quiet', 'HEAD'], { ...options, accept: [0, 1] })
  const head = stdout.trim()
  if (head === branchRef(branch)) return
  const instead = head === '' ? 'no branch' : head.replace(/^refs\/heads\//, '')
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
