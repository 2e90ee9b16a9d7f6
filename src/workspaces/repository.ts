import { realpath } from 'node:fs/promises'
import { askGit, type GitCall, runGit, splitNul } from './git.ts'
import { WorkspaceError } from './workspaceError.ts'
import { withWorktreesLocked } from './worktreesLock.ts'

/**
 * The git directory that commits made in a directory go to: for a linked worktree that of the main one. Absolute and canonical.
 *
 * @throws {@link WorkspaceError} `NOT_A_REPOSITORY`, `REPOSITORY_UNTRUSTED`
 */
export async function findRepository(directory: string, call: GitCall): Promise<string> {
  const args = ['rev-parse', '--path-format=absolute', '--git-common-dir']
  return realpath(await askGit(args, { cwd: directory, ...call }))
}

/** The commit that a name stands for; null where there is none. */
export async function readCommit(repository: string, name: string, call: GitCall): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', `${name}^{commit}`]
  const { exitCode, stdout } = await runGit(args, { cwd: repository, accept: [0, 1, 128], ...call })
  return exitCode === 0 ? stdout.trim() : null
}

/** The full name of a branch. */
export function branchRef(branch: string): string {
  return `refs/heads/${branch}`
}

/** Where a branch begins. */
export interface Beginning {
  /** The branch that it begins at; null for a tag, a commit, or a branch of another repository. */
  readonly base: string | null
  readonly baseCommit: string
}

/**
 * Where a run's branch begins in a repository.
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
    hint: 'Name one that is there, or fetch it first.',
  })
}

async function findCurrent(repository: string, call: GitCall): Promise<Beginning> {
  const head = ['symbolic-ref', '--quiet', 'HEAD']
  const { stdout } = await runGit(head, { cwd: repository, accept: [0, 1], ...call })
  const baseCommit = await readCommit(repository, 'HEAD', call)
  if (baseCommit === null)
    throw new WorkspaceError('FATAL', {
      code: 'REPOSITORY_EMPTY',
      message: `The current branch of ${repository} has no commit`,
      hint: 'Make a first commit, or name a base.',
    })
  const ref = stdout.trim()
  return { base: ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null, baseCommit }
}

/** Whether one commit is another's ancestor, or the same. */
export async function isAncestor(
  repository: string,
  { ancestor, of }: { readonly ancestor: string; readonly of: string },
  call: GitCall,
): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', ancestor, of]
  const { exitCode } = await runGit(args, { cwd: repository, accept: [0, 1], ...call })
  return exitCode === 0
}

/** A worktree as its repository knows it. */
export interface Registration {
  /** Where it stands, or stood. */
  readonly path: string
  /** The branch that is checked out; null for none. */
  readonly branch: string | null
  readonly isBare: boolean
}

/** The worktrees of a repository, the main one first. */
export async function listWorktrees(repository: string, call: GitCall): Promise<Registration[]> {
  const { stdout } = await withWorktreesLocked(repository, { kind: 'shared', signal: call.signal }, () =>
    runGit(['worktree', 'list', '--porcelain', '-z'], { cwd: repository, ...call }),
  )
  return stdout
    .split('\0\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const lines = splitNul(entry)
      const find = (key: string) => lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1)
      return {
        path: find('worktree') ?? '',
        branch: find('branch')?.replace(/^refs\/heads\//, '') ?? null,
        isBare: lines.includes('bare'),
      }
    })
}
