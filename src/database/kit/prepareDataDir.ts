import type { Stats } from 'node:fs'
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { DatabaseError } from './databaseErrors.ts'

/** The file in a data directory whose lock shows that a process uses it; its presence marks the directory as Pawl's. */
export const lockFileName = 'pawl.lock'

/** What a directory that Pawl has not used yet may contain. */
const harmless = new Set([
  'lost+found',
  'token',
  'address',
  'seen',
  'sessions',
  'workspaces',
  'demo',
  'init.json',
  'version',
  '.gitignore',
])

/**
 * Creates the data directory if missing, makes it private (mode 0700), and excludes it from a surrounding git
 * repository.
 *
 * A directory that holds other files and would need a change of mode or owner is refused, not changed.
 *
 * @returns its absolute path
 * @throws {@link DatabaseError} `DATA_DIR_UNUSABLE`
 */
export async function prepareDataDir(dataDir: string): Promise<string> {
  const path = resolve(dataDir)
  try {
    await mkdir(dirname(path), { recursive: true })
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const found = await stat(path)
  if (!found.isDirectory()) throw unusable(path, 'is not a directory')
  if (process.platform !== 'win32') await makePrivate(path, found)
  await ignoreInGit(path)
  return path
}

async function makePrivate(path: string, found: Stats): Promise<void> {
  const isOpen = (found.mode & 0o077) !== 0
  const isRoots = process.getuid?.() === 0 && found.uid === 0
  // its mode, and under root its owner, will change
  if (isOpen || isRoots) await refuseForeignFiles(path)
  if (isOpen) await chmod(path, 0o700)
}

/** Makes git ignore the directory, unless it also holds other files. */
async function ignoreInGit(path: string): Promise<void> {
  const names = await readdir(path)
  if (names.includes('.gitignore') || (findForeign(names).length > 0 && !names.includes(lockFileName))) return
  if (names.includes('.git')) return
  await writeFile(join(path, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

function findForeign(names: readonly string[]): string[] {
  return names.filter((name) => !harmless.has(name))
}

async function refuseForeignFiles(path: string): Promise<void> {
  const names = await readdir(path)
  if (names.includes(lockFileName)) return
  const foreign = findForeign(names)
  if (foreign.length > 0)
    throw unusable(path, `holds files that are not Pawl's (${foreign.slice(0, 3).join(', ')})`)
}

function unusable(path: string, why: string): DatabaseError {
  return new DatabaseError(
    'DATA_DIR_UNUSABLE',
    `The data directory ${path} ${why}. Name a new or empty directory (PAWL_DATA).`,
  )
}
