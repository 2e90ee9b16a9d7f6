import { lstat, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { atRepository, type GitPlace } from '../git/place.ts'
import type { GitCall } from '../git/runGit.ts'
import { isOn } from '../git/settings.ts'
import { readGitFile, readSmall } from '../kit/readSmall.ts'
import { readHead, toBranch } from './repository.ts'
import { withWorktreesLocked } from './worktreesLock.ts'

/** A worktree as registered in its repository. */
export interface Registration extends GitPlace {
  /**
   * The path of its working tree, which may no longer exist; the repository's path where a main working tree is
   * unknown.
   */
  readonly path: string
  /** The branch that is checked out; null where there is none. */
  readonly branch: string | null
}

/** Returns the folder in which a repository registers its linked worktrees. */
export function adminFolder(repository: string): string {
  return join(repository, 'worktrees')
}

/** Lists the worktrees of a repository, starting with the main one where there is one. */
export async function listWorktrees(repository: string, call: GitCall): Promise<Registration[]> {
  const main = await findMain(repository, call)
  const linked = await withWorktreesLocked(repository, { kind: 'shared', signal: call.signal }, () =>
    listLinked(repository, call),
  )
  return main === null ? linked : [main, ...linked]
}

/**
 * Returns the path of a linked worktree, as registered in its administrative folder; null where the registration
 * is incomplete.
 */
export async function readStanding(gitDir: string): Promise<string | null> {
  const head = await lstat(join(gitDir, 'HEAD')).catch(() => null)
  const told = await readSmall(join(gitDir, 'gitdir'))
  if (!head?.isFile() || told === null) return null
  return dirname(resolve(gitDir, told.trim()))
}

/**
 * Whether a worktree's administrative folder names this repository as its own (`commondir`), through which git
 * resolves branches.
 */
export async function isOf(gitDir: string, repository: string): Promise<boolean> {
  const told = await readSmall(join(gitDir, 'commondir'))
  return told !== null && resolve(gitDir, told.trim()) === repository
}

async function listLinked(repository: string, call: GitCall): Promise<Registration[]> {
  const folder = adminFolder(repository)
  const names = await readdir(folder).catch(() => [])
  const found: Registration[] = []
  for (const name of names) {
    const gitDir = join(folder, name)
    const path = await readStanding(gitDir)
    if (path === null) continue
    const place = { repository, gitDir, workTree: path }
    found.push({ ...place, path, branch: toBranch(await readHead(place, call)) })
  }
  return found
}

async function findMain(repository: string, call: GitCall): Promise<Registration | null> {
  const at = atRepository(repository)
  const { settings } = await call.seals.of(at)
  if (isOn(settings, 'core.bare')) return null
  const branch = toBranch(await readHead(at, call))
  const workTree = await findMainFolder(repository, call)
  return { ...at, workTree, path: workTree ?? repository, branch }
}

/**
 * The setting core.worktree may name any folder; it is trusted only where that folder's `.git` refers back to the
 * repository.
 */
async function findMainFolder(repository: string, call: GitCall): Promise<string | null> {
  const { settings } = await call.seals.of(atRepository(repository))
  const told = settings.findLast(({ key }) => key === 'core.worktree')?.value
  const folder = told ? resolve(repository, told) : null
  if (folder !== null && (await belongsTo(folder, repository))) return folder
  return basename(repository) === '.git' ? dirname(repository) : null
}

async function belongsTo(folder: string, repository: string): Promise<boolean> {
  const gitDir = (await readGitFile(folder)) ?? join(folder, '.git')
  return (await realpath(gitDir).catch(() => null)) === repository
}
