import { mkdir, realpath, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isBelow } from '../files/resolveInside.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import type { WorkspaceSettings } from '../kit/workspaceSettings.ts'

/** The folders of a worker's workspaces. */
export interface Places {
  /** The parent folder of the worktrees, each named by its run; absolute and canonical. */
  readonly root: string
  /** The folder of records, locks and previews: `.pawl` below the root. */
  readonly state: string
}

/**
 * Creates the folders for worktrees and their state, where they are missing.
 *
 * @throws {@link WorkspaceError} `ROOT_UNUSABLE`
 */
export async function preparePlaces(settings: Pick<WorkspaceSettings, 'root'>): Promise<Places> {
  const wanted = resolve(settings.root ?? join('.pawl', 'workspaces'))
  try {
    await mkdir(wanted, { recursive: true, mode: 0o700 })
    const root = await realpath(wanted)
    const state = join(root, '.pawl')
    await mkdir(state, { recursive: true, mode: 0o700 })
    // Where the root is inside a repository, that repository ignores everything in it.
    await writeFile(join(root, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    return { root, state }
  } catch (cause) {
    throw new WorkspaceError('HUMAN_REQUIRED', {
      code: 'ROOT_UNUSABLE',
      message: `Workspaces can not be kept in ${wanted}`,
      hint: 'Let the setting workspace.root name a folder that the worker may write to.',
      cause,
    })
  }
}

/**
 * Returns the canonical path of a directory to work in.
 *
 * @throws {@link WorkspaceError} `DIRECTORY_NOT_FOUND`
 */
export async function findDirectory(path: string): Promise<string> {
  try {
    const real = await realpath(path)
    if ((await stat(real)).isDirectory()) return real
  } catch (cause) {
    throw notFound(path, cause)
  }
  throw notFound(path)
}

/**
 * Returns the path of a workspace's lock: `lock` is held while the workspace is changed, `use` while it is worked
 * in.
 */
export function lockPath({ state }: Places, owner: string, lock: 'lock' | 'use'): string {
  return join(state, `${owner}.${lock}`)
}

/**
 * Refuses a directory that a run may not name.
 *
 * @param directory canonical
 * @throws {@link WorkspaceError} `DIRECTORY_NOT_ALLOWED`
 */
export async function checkAllowed(
  directory: string,
  settings: Pick<WorkspaceSettings, 'allow'>,
): Promise<void> {
  for (const allowed of settings.allow ?? [process.cwd()]) {
    const root = await realpath(resolve(allowed)).catch(() => null)
    if (root !== null && isBelow(root, directory)) return
  }
  throw new WorkspaceError('FATAL', {
    code: 'DIRECTORY_NOT_ALLOWED',
    message: `Runs may not work in ${directory} on this worker`,
    hint: "Name a directory below one of the worker's, or add it to the setting workspace.allow.",
  })
}

/**
 * Refuses a run id that is not valid as the name of a folder and a branch.
 *
 * @throws {@link WorkspaceError} `RUN_ID_UNUSABLE`
 */
export function checkRunId(runId: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(runId)) return
  throw new WorkspaceError('FATAL', {
    code: 'RUN_ID_UNUSABLE',
    message: `${JSON.stringify(runId)} can name no workspace`,
    hint: 'Use the id that the server gave the run.',
  })
}

function notFound(path: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError('FATAL', {
    code: 'DIRECTORY_NOT_FOUND',
    message: `There is no directory ${path} on this worker`,
    hint: 'Name an existing directory.',
    cause,
  })
}
