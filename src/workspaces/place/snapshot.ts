import { createWriteStream } from 'node:fs'
import { access, constants, lstat, mkdir, open, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { GitPlace } from '../git/place.ts'
import { askGit, type GitCall, type GitOptions, runGit, splitNul } from '../git/runGit.ts'
import { refuseUntrusted } from './refuseUntrusted.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

/** The timeout for reading a large worktree, in milliseconds. */
const SNAPSHOT_MS = 10 * 60_000

/**
 * A git tree of all current files of a worktree: committed, staged, changed and untracked. Ignored and unreadable
 * files are left out.
 */
export interface Snapshot {
  readonly tree: string
  /** Variables that every reader of the tree has to set: its new objects are in no repository. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Takes a snapshot of a worktree without changing its index or its repository.
 *
 * @throws {@link WorkspaceError} `FILTER_NOT_TRUSTED`
 */
export async function takeSnapshot(at: GitPlace, call: GitCall): Promise<Snapshot> {
  const folder = await call.seals.makeFolder()
  const env = {
    GIT_INDEX_FILE: join(folder, 'index'),
    GIT_OBJECT_DIRECTORY: join(folder, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: quoteAlternate(join(at.repository, 'objects')),
  }
  await mkdir(env.GIT_OBJECT_DIRECTORY)
  // A copy of the index saves reading unchanged files. Without one, all files are read.
  await copyFile(join(at.gitDir, 'index'), env.GIT_INDEX_FILE)
  await refuseUntrusted(at, call)
  const options = { at, env, timeoutMs: SNAPSHOT_MS, ...call }
  await addReadable(await listChanged(options), options)
  return { tree: await askGit(['write-tree'], options), env }
}

/**
 * Lists the files of a worktree that differ from its index, refreshing it so that every file is checked regardless
 * of flags such as assume-unchanged. A repository inside the worktree that is not one of its submodules ends with
 * a slash.
 */
export async function listChanged(options: GitOptions): Promise<string[]> {
  await runGit(['update-index', '--really-refresh'], { ...options, accept: [0, 1] })
  const args = ['ls-files', '-z', '--modified', '--others', '--exclude-standard']
  return [...new Set(splitNul((await runGit(args, options)).stdout))]
}

/** Updates an index with the current content of these files of a worktree. */
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
    // One unreadable file fails the whole update.
    await updateIndex(await onlyReadable(options.at, files), options)
  }
  // A repository without a commit can't be an index entry.
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

/**
 * Copies a regular file with its time, and skips anything else: opening a named pipe would wait for a writer. Git takes a file that changed
 * within a tick of the clock for unchanged where the index is newer than that.
 */
async function copyFile(from: string, to: string): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(from, flags).catch(() => null)
  try {
    const found = await file?.stat()
    if (!file || !found?.isFile()) return
    await pipeline(file.createReadStream({ autoClose: false }), createWriteStream(to))
    await utimes(to, found.atime, new Date(Math.floor(found.mtimeMs)))
  } finally {
    await file?.close()
  }
}

/** Quotes a path that may contain a colon, which is otherwise the path separator. */
function quoteAlternate(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&')}"`
}

/**
 * Lists the files of a worktree that no commit holds, relative to it; empty where there are none. A repository
 * inside it that is not one of its submodules ends with a slash. Submodules are not inspected: git would run
 * programs that their settings name.
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
