import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { atRepository, type GitPlace } from '../git/place.ts'
import { askGit, findGitDirectory, type GitCall, runGit } from '../git/runGit.ts'
import { readSmall } from '../kit/readSmall.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

/**
 * Returns the git directory that commits made in a directory go to: for a linked worktree, that of the main one.
 * Absolute and canonical.
 *
 * @throws {@link WorkspaceError} `NOT_A_REPOSITORY`, `REPOSITORY_UNTRUSTED`
 */
export async function findRepository(directory: string, call: GitCall): Promise<string> {
  return realpath(await findGitDirectory(directory, call))
}

/** Resolves a name to a commit in a repository; null where there is none. */
export function readCommit(repository: string, name: string, call: GitCall): Promise<string | null> {
  return readCommitAt(atRepository(repository), name, call)
}

/**
 * Resolves a name to a commit, with HEAD and other per-worktree refs of the given place; null where there is none.
 */
export async function readCommitAt(at: GitPlace, name: string, call: GitCall): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', `${name}^{commit}`]
  const { exitCode, stdout } = await runGit(args, { at, accept: [0, 1, 128], ...call })
  return exitCode === 0 ? stdout.trim() : null
}

/** Returns the full ref name of a branch. */
export function branchRef(branch: string): string {
  return `refs/heads/${branch}`
}

/** Where a run's branch starts. */
export interface Beginning {
  /** The branch that it starts from; null for a tag, a commit, or a branch of another repository. */
  readonly base: string | null
  readonly baseCommit: string
}

/**
 * Returns where a run's branch starts in a repository.
 *
 * @throws {@link WorkspaceError} `BASE_NOT_FOUND`; `REPOSITORY_EMPTY`
 */
export async function findBeginning(
  repository: string,
  wanted: string | undefined,
  call: GitCall,
): Promise<Beginning> {
  if (wanted === undefined) return findCurrent(repository, call)
  const branch = wanted.replace(/^refs\/heads\//, '')
  const tip = await readCommit(repository, branchRef(branch), call)
  if (tip !== null) return { base: branch, baseCommit: tip }
  const baseCommit =
    (await readCommit(repository, wanted, call)) ??
    (await readCommit(repository, `refs/remotes/origin/${wanted}`, call))
  if (baseCommit !== null) return { base: null, baseCommit }
  throw new WorkspaceError('FATAL', {
    code: 'BASE_NOT_FOUND',
    message: `The repository ${repository} has no branch, tag or commit ${JSON.stringify(wanted)}`,
    hint: 'Name one that exists, or fetch it first.',
  })
}

async function findCurrent(repository: string, call: GitCall): Promise<Beginning> {
  const baseCommit = await readCommit(repository, 'HEAD', call)
  if (baseCommit === null)
    throw new WorkspaceError('FATAL', {
      code: 'REPOSITORY_EMPTY',
      message: `The current branch of ${repository} has no commit`,
      hint: 'Make a first commit, or name a base.',
    })
  return { base: toBranch(await readHead(atRepository(repository), call)), baseCommit }
}

/** Returns the full name of the ref that HEAD of a place names; null where HEAD is a commit. */
export async function readHead(place: GitPlace, call: GitCall): Promise<string | null> {
  const head = (await readSmall(join(place.gitDir, 'HEAD')))?.trim() ?? ''
  // anything else is git's to read: a link, or the placeholder where refs are stored as reftables
  if (/^[0-9a-f]{40,64}$/.test(head)) return null
  if (/^ref: refs\/heads\/(?!\.invalid$)/.test(head)) return head.slice('ref: '.length)
  const options = { at: { ...place, workTree: null }, accept: [0, 1, 128], ...call }
  return (await askGit(['symbolic-ref', '--quiet', 'HEAD'], options)) || null
}

/** Returns the branch that a ref is; null where it is none. */
export function toBranch(ref: string | null): string | null {
  return ref?.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null
}

/** Whether one commit is an ancestor of another, or the same. */
export async function isAncestor(
  repository: string,
  { ancestor, of }: { readonly ancestor: string; readonly of: string },
  call: GitCall,
): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', ancestor, of]
  const { exitCode } = await runGit(args, { at: atRepository(repository), accept: [0, 1], ...call })
  return exitCode === 0
}
