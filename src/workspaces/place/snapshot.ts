import { createWriteStream } from 'node:fs'
import { access, constants, lstat, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { GitPlace } from '../git/place.ts'
import { askGit, type GitCall, type GitOptions, runGit, splitNul } from '../git/runGit.ts'
import { refuseUntrusted } from './refuseUntrusted.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

/** Reading a large worktree may take this long, in milliseconds. */
const SNAPSHOT_MS = 10 * 60_000

/** A tree of all files of a worktree as they are: committed, staged, changed and untracked. Ignored ones are left out, and what can't be read. */
export interface Snapshot {
  readonly tree: string
  /** To be set for whatever reads the tree: its new objects are in no repository. */
  readonly env: Readonly<Record<string, string>>
}

/** Takes a snapshot of a worktree, which leaves no trace: neither in the worktree's index nor in its repository. */
export async function takeSnapshot(at: GitPlace, call: GitCall): Promise<Snapshot> {
  const folder = await call.seals.makeFolder()
  const env = {
    GIT_INDEX_FILE: join(folder, 'index'),
    GIT_OBJECT_DIRECTORY: join(folder, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: quoteAlternate(join(at.repository, 'objects')),
  }
  await mkdir(env.GIT_OBJECT_DIRECTORY)
  // What the index knows of unchanged files saves reading them. Without one, all are read.
  await copyFile(join(at.gitDir, 'index'), env.GIT_INDEX_FILE)
  await refuseUntrusted(at, call)
  const options = { at, env, timeoutMs: SNAPSHOT_MS, ...call }
  await addReadable(await listChanged(options), options)
  return { tree: await askGit(['write-tree'], options), env }
}

/**
 * What of a worktree's files is other than in its index, which is told to look at each of them whatever it was told before. A
 * repository inside of the worktree that is none of its submodules ends with a slash.
 */
export async function listChanged(options: GitOptions): Promise<string[]> {
  await runGit(['update-index', '--really-refresh'], { ...options, accept: [0, 1] })
  const args = ['ls-files', '-z', '--modified', '--others', '--exclude-standard']
  return [...new Set(splitNul((await runGit(args, options)).stdout))]
}

/** Has an index hold these files of a worktree as they are. */
export async function updateIndex(paths: readonly string[], options: GitOptions): Promise<void> {
  if (paths.length === 0) return
  const input = paths.map((path) => `${path}\0`).join('')
  await runGit(['update-index', '--add', '--remove', '--replace', '-z', '--stdin'], { ...options, input })
}

async function addReadable(changed: readonly string[], options: GitOptions): Promise<void> {
  const files = changed.filter((path) => !path.endsWith('/'))
  try {
    await updateIndex(files, options)
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error
    // One that can't be read spoils all.
    await updateIndex(await onlyReadable(options.at, files), options)
  }
  // A repository without a commit can't be an entry.
  for (const path of changed.filter((one) => one.endsWith('/')))
    await updateIndex([path.slice(0, -1)], { ...options, accept: [0, 128] })
}

async function onlyReadable({ workTree }: GitPlace, paths: readonly string[]): Promise<string[]> {
  const kept: string[] = []
  for (const path of paths) {
    const whole = join(workTree ?? '', path)
    const found = await lstat(whole).catch(() => null)
    if (found === null || found.isSymbolicLink()) kept.push(path)
    else if (found.isFile() && (await access(whole, constants.R_OK).then(yes, no))) kept.push(path)
  }
  return kept
}

const [yes, no] = [() => true, () => false]

/** Copies a file as it is, if it is one: opening a named pipe would wait for a writer. */
async function copyFile(from: string, to: string): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(from, flags).catch(() => null)
  try {
    if (file && (await file.stat()).isFile())
      await pipeline(file.createReadStream({ autoClose: false }), createWriteStream(to))
  } finally {
    await file?.close()
  }
}

/** A path that may hold a colon, which else separates paths. */
function quoteAlternate(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&')}"`
}

/**
 * What stands in a worktree and in no commit, relative to it; empty where there is nothing. A repository inside of it that is
 * none of its submodules ends with a slash. Submodules are not looked into: git would run what their settings say.
 */
export async function listUncommitted(at: GitPlace, call: GitCall): Promise<string[]> {
  const args = [
    'status',
    '--porcelain',
    '-z',
    '--no-renames',
    '--untracked-files=all',
    '--ignore-submodules=dirty',
  ]
  const { stdout } = await runGit(args, { at, timeoutMs: SNAPSHOT_MS, ...call })
  return stdout.split('\0').flatMap((line) => (line === '' ? [] : [line.slice(3)]))
}
