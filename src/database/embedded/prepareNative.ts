import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, extname, isAbsolute, join } from 'node:path'
import { DatabaseError } from '../kit/databaseErrors.ts'
import { findBinaries, linkLibraries } from './findBinaries.ts'
import { canAccess } from './runUser.ts'
import type { RunUser } from './runUser.ts'

/** Where root stores programs that its PostgreSQL user cannot access below the data directory. */
const systemDir = '/var/lib/pawl'

const copyPrefix = 'native-'

/**
 * A folder with PostgreSQL's programs that the user can run: the npm package's own if usable, otherwise a copy (60 MB)
 * created once per version.
 *
 * @param dataBase a folder that holds the database's, preferred for the copy; undefined if the user cannot access it
 * @param user the user PostgreSQL runs as; undefined: the user of this process
 */
export async function prepareNative(
  dataBase: string | undefined,
  user: RunUser | undefined,
): Promise<string> {
  const { native, version } = await findBinaries()
  if (!isOddPath(native) && (await isUsable(native, user)) && (await tryLinking(native))) return native
  for (const base of [dataBase, user ? systemDir : cacheDir()]) {
    if (base === undefined || isOddPath(base)) continue
    const copy = join(base, `${copyPrefix}${version}`)
    if (!existsSync(copy)) {
      if (base === dataBase) await removeCopies(base)
      await copyNative(native, copy)
    }
    if (await isUsable(copy, user)) return copy
  }
  throw new DatabaseError(
    'EMBEDDED_UNAVAILABLE',
    `PostgreSQL can't be run from ${native}, nor from a copy. Install Pawl below a path that ` +
      'the user it runs as can read, without quotes or dollar signs in it, or set DATABASE_URL.',
  )
}

/** initdb runs postgres through a shell, between double quotes. */
function isOddPath(path: string): boolean {
  return /["$`\\%!\n\r]/.test(process.platform === 'win32' ? path.replaceAll('\\', '/') : path)
}

async function isUsable(native: string, user: RunUser | undefined): Promise<boolean> {
  if (user === undefined) return true
  const [programs, libraries, data] = await Promise.all([
    canAccess(user, join(native, 'bin', 'postgres'), ['x', 'r']),
    canAccess(user, join(native, 'lib'), ['x', 'r']),
    canAccess(user, join(native, 'share'), ['x', 'r']),
  ])
  return programs && libraries && data
}

/** False if the links are missing and cannot be created, as in a read-only installation. */
async function tryLinking(native: string): Promise<boolean> {
  try {
    await linkLibraries(native)
    return true
  } catch {
    return false
  }
}

function cacheDir(): string | undefined {
  const { XDG_CACHE_HOME } = process.env as Record<string, string | undefined>
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, 'pawl')
  try {
    return join(homedir(), '.cache', 'pawl')
  } catch {
    return undefined
  }
}

/**
 * Removes copies of other versions and unfinished ones. The other base folders are shared, so copies there may be in
 * use.
 */
async function removeCopies(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    if (name.startsWith(copyPrefix)) await rm(join(base, name), { recursive: true, force: true })
  }
}

/** Copies under a temporary name and renames, so that a copy under its final name is complete. */
async function copyNative(native: string, copy: string): Promise<void> {
  await mkdir(dirname(copy), { recursive: true })
  const making = await mkdtemp(`${copy}.new-`)
  try {
    await cp(native, making, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => extname(path) !== '.a',
    })
    await openToAll(making)
    await linkLibraries(making)
    await rename(making, copy)
  } catch (error) {
    await rm(making, { recursive: true, force: true })
    if (!existsSync(copy)) throw error
  }
}

/** Sets permissions independent of the installation's umask. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    const isProgram = entry.isDirectory() || entry.parentPath.endsWith('bin')
    await chmod(path, isProgram ? 0o755 : 0o644)
  }
}
