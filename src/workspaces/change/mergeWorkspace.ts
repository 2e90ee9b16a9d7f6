import { commitLeft, findIdentity } from './commitLeft.ts'
import { findPlace } from '../place/findPlace.ts'
import { FileLock } from '../kit/fileLock.ts'
import { toWorktree, withIdleWorkspace, type WorktreeName } from '../place/findWorkspace.ts'
import { atRepository } from '../git/place.ts'
import { askGit, type GitCall, runGit, splitNul } from '../git/runGit.ts'
import { join } from 'node:path'
import { moveBranch } from './moveBranch.ts'
import { readyWorkspace } from '../place/readyWorkspace.ts'
import { branchRef, isAncestor, readCommit } from '../place/repository.ts'
import type { Worktree } from '../kit/workspace.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

/** The result of a merge. */
export interface WorkspaceMerge {
  /** The commit of the base branch that contains the work. */
  readonly commit: string
  /** The branch that it was merged into. */
  readonly into: string
  /** False where all of the work had been merged before. */
  readonly changed: boolean
}

/** How many attempts are made where the base branch moves during the merge. */
const TRIES = 2

/**
 * Merges a worktree's branch into its base branch, after committing what is uncommitted in the worktree. A working
 * tree that has the base branch checked out is updated, too. On an error nothing is changed, except that this
 * commit is kept.
 *
 * @throws {@link WorkspaceError} `CONFLICT` and `BASE_NOT_CLEAN` with their files; `NO_BASE_BRANCH`,
 *   `NOT_ON_BRANCH`, `UNFINISHED_MERGE`, `EMBEDDED_REPOSITORY`, `BASE_BUSY`, `BASE_MOVED`, `WORKSPACE_IN_USE`,
 *   `WORKSPACE_UNKNOWN` and others
 */
export async function mergeWorkspace(name: WorktreeName): Promise<WorkspaceMerge> {
  return withIdleWorkspace(name, async ({ places, record, call }) => {
    const worktree = toWorktree(name.owner, record)
    const { repository, base, branch } = worktree
    if (base === null) throw noBaseBranch(worktree)
    await findPlace(worktree, call)
    await readyWorkspace(places, { ...worktree, state: 'READY' }, call)
    const tip = await commitLeft(worktree, call)
    const oneByOne = await FileLock.take(join(repository, 'pawl-merge.lock'), { signal: name.signal })
    try {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const old = await readCommit(repository, branchRef(base), call)
        if (old === null) throw noBaseBranch(worktree)
        if (await isAncestor(repository, { ancestor: tip, of: old }, call))
          return { commit: old, into: base, changed: false }
        const tree = await mergeTrees(worktree, { base: old, tip }, call)
        const commit = await commitMerge(worktree, { base: old, tip, tree }, call)
        if (
          await moveBranch(
            { repository, branch: base, from: old, to: commit, because: `merge ${branch}` },
            call,
          )
        )
          return { commit, into: base, changed: true }
      }
      throw baseMoved(base)
    } finally {
      oneByOne.remove()
    }
  })
}

/**
 * Merges both commits into a tree, without a working tree.
 *
 * @throws {@link WorkspaceError} `CONFLICT`
 */
async function mergeTrees(
  { repository, branch, base }: Worktree,
  commits: { readonly base: string; readonly tip: string },
  call: GitCall,
): Promise<string> {
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', commits.base, commits.tip]
  const answer = await runGit(args, {
    at: atRepository(repository),
    accept: [0, 1],
    timeoutMs: MERGE_MS,
    ...call,
  })
  const [tree = '', ...files] = splitNul(answer.stdout)
  if (answer.exitCode === 0) return tree
  throw new WorkspaceError('HUMAN_REQUIRED', {
    code: 'CONFLICT',
    message: `${branch} and ${base} have changed the same places of ${files.length} files`,
    hint: `Merge ${base} into ${branch} in the worktree, resolve the conflicts, and ask again; a run that continues this one can do that.`,
    files,
  })
}

/** The timeout for merging many files, in milliseconds. */
const MERGE_MS = 10 * 60_000

async function commitMerge(
  { repository, branch, base }: Worktree,
  made: { readonly base: string; readonly tip: string; readonly tree: string },
  call: GitCall,
): Promise<string> {
  const at = atRepository(repository)
  return askGit(['commit-tree', made.tree, '-p', made.base, '-p', made.tip, '-F', '-'], {
    at,
    env: await findIdentity(at, call),
    input: `Merge branch '${branch}' into ${base}\n`,
    ...call,
  })
}

function noBaseBranch({ branch, base }: Worktree): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'NO_BASE_BRANCH',
    message: base === null ? `${branch} began at no branch` : `The branch ${base} is gone`,
    hint: `Merge ${branch} by hand into the branch that it is meant for.`,
  })
}

function baseMoved(base: string): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'BASE_MOVED',
    message: `The branch ${base} was moved by others while the merge was made, again and again`,
    hint: 'Ask again.',
  })
}
