import { chmod, chown, lchown, lstat, mkdir, mkdtemp, readdir, realpath, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseError } from '../databaseErrors.ts'
import { prepareNative, systemDir } from './prepareNative.ts'
import { canAccess, chooseRunUser } from './runUser.ts'
import type { RunUser } from './runUser.ts'

/** Where an embedded PostgreSQL lives and whose it is. */
export interface Place {
  /** Holds the cluster, the socket and the log; mode 0700, owned by the user PostgreSQL runs as. */
  home: string
  /** PostgreSQL's data directory. */
  cluster: string
  /** Takes what PostgreSQL prints. */
  logFile: string
  /** The folder holding PostgreSQL's `bin/`, `lib/` and `share/`. */
  native: string
  /** Whom PostgreSQL runs as; undefined: the user of this process. */
  user: RunUser | undefined
  /** True where the home lies outside of the data directory, which then holds a link to it. */
  isElsewhere: boolean
}

/**
 * Decides where the embedded PostgreSQL of a data directory lives, and creates the folders it needs: `database/` in the
 * data directory or, where root's PostgreSQL user can't get there (below a private home, for instance), a folder in
 * {@link systemDir} that `database` is then a link to.
 *
 * @param dataDir the data directory, made by `prepareDataDir`
 */
export async function choosePlace(dataDir: string): Promise<Place> {
  const real = await realpath(dataDir)
  const entry = join(real, 'database')
  const user = await chooseRunUser([entry, real])
  const home = (await exists(entry)) ? await openHome(entry, user) : await createHome(real, entry, user)
  return {
    home,
    cluster: join(home, 'cluster'),
    logFile: join(home, 'postgres.log'),
    native: await prepareNative(dirname(home), user),
    user,
    isElsewhere: home !== entry,
  }
}

async function openHome(entry: string, user: RunUser | undefined): Promise<string> {
  const home = await realpath(entry).catch((cause: unknown) => {
    throw new DatabaseError(
      'DATA_DIR_UNUSABLE',
      `${entry} is a link to where the database was, and that is gone. Put it back, or delete the link to begin anew.`,
      { cause },
    )
  })
  if (user === undefined) return home
  await giveToUser(dirname(home), user)
  // a copy made by root is root's throughout
  if ((await lstat(home)).uid === 0) await chownTree(home, user)
  if (!(await canAccess(user, home, ['x']))) {
    throw new DatabaseError(
      'DATA_DIR_UNUSABLE',
      `PostgreSQL refuses to run as root, and the user with id ${user.uid}, who owns ${home}, can't get there. ` +
        'Allow others to pass through the folders above it (chmod o+x), or move the data directory elsewhere.',
    )
  }
  return home
}

async function createHome(dataDir: string, entry: string, user: RunUser | undefined): Promise<string> {
  if (user && !(await canAccess(user, dirname(dataDir), ['x']))) {
    const home = join(await createSystemFolder(), 'database')
    await createPrivate(home, user)
    await symlink(home, entry)
    return home
  }
  if (user) await giveToUser(dataDir, user)
  await createPrivate(entry, user)
  return entry
}

async function createPrivate(folder: string, user: RunUser | undefined): Promise<void> {
  await mkdir(folder, { mode: 0o700 })
  if (user) await chown(folder, user.uid, user.gid)
}

/** Random, not named after the data directory: a directory that was deleted and made anew must not find the old data. */
async function createSystemFolder(): Promise<string> {
  await mkdir(systemDir, { recursive: true, mode: 0o755 })
  const folder = await mkdtemp(join(systemDir, 'data-'))
  await chmod(folder, 0o755)
  return folder
}

/** A private folder of root's is closed to the PostgreSQL user; what lies in it keeps its owner. */
async function giveToUser(folder: string, user: RunUser): Promise<void> {
  const { uid, mode } = await lstat(folder)
  if (uid === 0 && (mode & 0o001) === 0) await chown(folder, user.uid, user.gid)
}

async function chownTree(path: string, user: RunUser): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    await lchown(join(entry.parentPath, entry.name), user.uid, user.gid)
  }
  await lchown(path, user.uid, user.gid)
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
