import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askGit, type GitCall, runGit } from './git.ts'

/** Reading a large worktree may take this long, in milliseconds. */
const SNAPSHOT_MS = 10 * 60_000

/** A tree of all files of a worktree as they are: committed, staged, changed and untracked. Ignored ones are left out, and what can't be read. */
export interface Snapshot {
  readonly tree: string
  /** To be set for whatever reads the tree: its new objects are in no repository. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Takes a snapshot of a worktree, hands it to `read`, and leaves no trace of it: neither in the worktree's index nor in its
 * repository.
 */
export async function withSnapshot<T>(
  path: string,
  call: GitCall,
  read: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const ask = (...args: string[]) => askGit(args, { cwd: path, ...call })
  const index = await ask('rev-parse', '--path-format=absolute', '--git-path', 'index')
  const objects = await ask('rev-parse', '--path-format=absolute', '--git-path', 'objects')
  const folder = await mkdtemp(join(tmpdir(), 'pawl-snapshot-'))
  try {
    const env = {
      GIT_INDEX_FILE: join(folder, 'index'),
      GIT_OBJECT_DIRECTORY: join(folder, 'objects'),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: quoteAlternate(objects),
    }
    await mkdir(env.GIT_OBJECT_DIRECTORY)
    // What the index knows of unchanged files saves reading them. Without one, all are read.
    await copyFile(index, env.GIT_INDEX_FILE).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    const options = { cwd: path, env, timeoutMs: SNAPSHOT_MS, ...call }
    await runGit(['add', '--all', '--ignore-errors'], { ...options, accept: [0, 1] })
    const tree = await askGit(['write-tree'], options)
    return await read({ tree, env })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A path that may hold a colon, which else separates paths. */
function quoteAlternate(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&')}"`
}

/**
 * What stands in a worktree and in no commit, relative to it; empty where there is nothing. A repository inside of it that is
 * none of its submodules ends with a slash.
 */
export async function listUncommitted(path: string, call: GitCall): Promise<string[]> {
  const args = [
    'status',
    '--porcelain',
    '-z',
    '--no-renames',
    '--untracked-files=all',
    '--ignore-submodules=none',
  ]
  const { stdout } = await runGit(args, { cwd: path, timeoutMs: SNAPSHOT_MS, ...call })
  return stdout.split('\0').flatMap((line) => (line === '' ? [] : [line.slice(3)]))
}
