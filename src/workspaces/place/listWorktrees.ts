import { lstat, readdir, readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { atRepository, type GitPlace } from '../git/place.ts'
import { askGit, type GitCall, runGit } from '../git/runGit.ts'
import { withWorktreesLocked } from './worktreesLock.ts'

/** A worktree as its repository knows it. */
export interface Registration extends GitPlace {
  /** Where it stands, or stood; the repository where that does not say where its own files are. */
  readonly path: string
  /** The branch that is checked out; null for none. */
  readonly branch: string | null
}

/** Where a repository keeps what it knows of its linked worktrees. */
export function adminFolder(repository: string): string {
  return join(repository, 'worktrees')
}

/** The worktrees of a repository, the main one first, where it has one. */
export async function listWorktrees(repository: string, call: GitCall): Promise<Registration[]> {
  const main = await findMain(repository, call)
  const linked = await withWorktreesLocked(repository, { kind: 'shared', signal: call.signal }, () =>
    listLinked(repository, call),
  )
  return main === null ? linked : [main, ...linked]
}

/** Where a linked worktree stands by what its repository keeps of it; null where that is nothing whole. */
export async function readStanding(gitDir: string): Promise<string | null> {
  const head = await lstat(join(gitDir, 'HEAD')).catch(() => null)
  const told = await readSmall(join(gitDir, 'gitdir'))
  if (!head?.isFile() || told === null) return null
  return dirname(resolve(gitDir, told.trim()))
}

/** Whether what is kept of a worktree says that it belongs to the repository: git reads branches by that. */
export async function isOf(gitDir: string, repository: string): Promise<boolean> {
  const told = await readSmall(join(gitDir, 'commondir'))
  return told !== null && resolve(gitDir, told.trim()) === repository
}

/** A file of a few words; null where there is none, or something else. */
export async function readSmall(path: string): Promise<string | null> {
  const found = await lstat(path).catch(() => null)
  return found?.isFile() && found.size <= MAX_SMALL_FILE_BYTES
    ? readFile(path, 'utf8').catch(() => null)
    : null
}

const MAX_SMALL_FILE_BYTES = 64 * 1024

async function listLinked(repository: string, call: GitCall): Promise<Registration[]> {
  const folder = adminFolder(repository)
  const names = await readdir(folder).catch(() => [])
  const found: Registration[] = []
  for (const name of names) {
    const gitDir = join(folder, name)
    const path = await readStanding(gitDir)
    if (path === null) continue
    const place = { repository, gitDir, workTree: path }
    found.push({ ...place, path, branch: await readBranch(place, call) })
  }
  return found
}

async function readBranch(place: GitPlace, call: GitCall): Promise<string | null> {
  const head = (await readSmall(join(place.gitDir, 'HEAD')))?.trim() ?? ''
  // What stands there where branches are kept in tables.
  if (head === 'ref: refs/heads/.invalid') return askBranch(place, call)
  return toBranch(head.replace(/^ref: /, ''))
}

async function askBranch(place: GitPlace, call: GitCall): Promise<string | null> {
  const options = { at: { ...place, workTree: null }, accept: [0, 1], ...call }
  return toBranch(await askGit(['symbolic-ref', '--quiet', 'HEAD'], options))
}

function toBranch(ref: string): string | null {
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null
}

async function findMain(repository: string, call: GitCall): Promise<Registration | null> {
  const at = atRepository(repository)
  const isBare = await runGit(['config', '--type=bool', '--get', 'core.bare'], {
    at,
    accept: [0, 1],
    ...call,
  })
  if (isBare.stdout.trim() === 'true') return null
  const branch = await askBranch(at, call)
  const workTree = await findMainFolder(repository, call)
  return { ...at, workTree, path: workTree ?? repository, branch }
}

/** A setting may lead elsewhere, and is believed where what it leads to says that it belongs to the repository. */
async function findMainFolder(repository: string, call: GitCall): Promise<string | null> {
  const { settings } = await call.seals.of(atRepository(repository))
  const told = settings.findLast(({ key }) => key === 'core.worktree')?.value
  const folder = told ? resolve(repository, told) : null
  if (folder !== null && (await belongsTo(folder, repository))) return folder
  return basename(repository) === '.git' ? dirname(repository) : null
}

async function belongsTo(folder: string, repository: string): Promise<boolean> {
  const link = join(folder, '.git')
  const told = /^gitdir: (.*)$/s.exec((await readSmall(link)) ?? '')?.[1]?.trim()
  const real = await realpath(told === undefined ? link : resolve(folder, told)).catch(() => null)
  return real === repository
}
