import { type FileHandle, constants, lstat, open, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { WorkspaceError } from '../kit/workspaceError.ts'

/** A path in a workspace, verified to be inside when it was resolved. */
export interface InsidePath {
  /** Absolute; canonical as far as it exists. */
  readonly path: string
  /** The nearest existing parent folder, absolute and canonical. */
  readonly folder: string
  /** The workspace, absolute and canonical. */
  readonly workspace: string
}

/**
 * Resolves a relative path in a workspace, whether or not it exists. Symbolic links are followed while they stay
 * inside.
 *
 * @throws {@link WorkspaceError} `PATH_OUTSIDE` where the path is invalid or leads out of the workspace;
 *   `NOT_A_FILE` where one of its parents is not a folder; `WORKSPACE_GONE`
 */
export async function resolveInside(workspace: string, relativePath: string): Promise<InsidePath> {
  if (!isRelativeInside(relativePath)) throw outside(relativePath)
  const root = await realpath(workspace).catch((cause: unknown) => {
    throw gone(workspace, cause)
  })
  const missing: string[] = []
  for (let at = join(root, relativePath); ; at = dirname(at)) {
    const real = await realpath(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error.code === 'ELOOP' ? outside(relativePath, error) : notAFile(relativePath, error)
    })
    if (real !== null) {
      if (!isBelow(root, real)) throw outside(relativePath)
      const folder = missing.length > 0 || real === root ? real : dirname(real)
      return { path: join(real, ...missing), folder, workspace: root }
    }
    // A dangling link exists, but its target can't be verified to be inside.
    if (await isThere(at)) throw outside(relativePath)
    missing.unshift(basename(at))
    if (at === root) throw gone(workspace)
  }
}

/**
 * Opens a regular file in a workspace for reading. The checks are made on the open file, not only on its path.
 *
 * @returns null where it does not exist
 * @throws {@link WorkspaceError} as {@link resolveInside}; `NOT_A_FILE` where it is not a regular file
 */
export async function openInside(workspace: string, relativePath: string): Promise<FileHandle | null> {
  const inside = await resolveInside(workspace, relativePath)
  // Without O_NONBLOCK, opening a named pipe would wait for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(inside.path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error.code === 'ELOOP' ? outside(relativePath, error) : notAFile(relativePath, error)
  })
  try {
    if (file === null) return null
    if (!(await file.stat()).isFile()) throw notAFile(relativePath)
    const real = await realPathOf(file, inside.path)
    if (real === null) {
      await file.close()
      return null
    }
    if (!isBelow(inside.workspace, real)) throw outside(relativePath)
    return file
  } catch (error) {
    await file?.close()
    throw error
  }
}

/** Whether a canonical path is a directory itself, or below it. */
export function isBelow(directory: string, path: string): boolean {
  const way = relative(directory, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

/** Whether a path, checked lexically, stays below its starting folder and is not that folder itself. */
function isRelativeInside(path: string): boolean {
  if (path === '' || path.includes('\0') || isAbsolute(path)) return false
  const parts = path.split(sep)
  return !parts.includes('..') && parts.some((part) => part !== '' && part !== '.')
}

/** Returns the current path of an open file; null where it was removed or replaced. */
async function realPathOf(file: FileHandle, path: string): Promise<string | null> {
  if (process.platform === 'linux') {
    const real = await readlink(`/proc/self/fd/${file.fd}`)
    const { nlink } = await file.stat()
    return nlink === 0 ? null : real
  }
  const real = await realpath(path).catch(() => null)
  if (real === null) return null
  const [opened, standing] = await Promise.all([file.stat({ bigint: true }), stat(real, { bigint: true })])
  return opened.ino === standing.ino && opened.dev === standing.dev ? real : null
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function outside(path: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError('FATAL', {
    code: 'PATH_OUTSIDE',
    message: `${JSON.stringify(path)} does not lead to a place inside the workspace`,
    hint: 'Use a relative path without "..", whose folders are no links to the outside.',
    cause,
  })
}

function notAFile(path: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'NOT_A_FILE',
    message: `There is something other than a readable file at ${JSON.stringify(path)}`,
    hint: 'Put a regular, readable file in its place.',
    cause,
  })
}

function gone(workspace: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'WORKSPACE_GONE',
    message: `The workspace ${workspace} is not there`,
    hint: 'Open it again; a worktree is created again from its branch.',
    cause,
  })
}
