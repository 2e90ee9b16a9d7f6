import { existsSync } from 'node:fs'
import { chown, lchown, lstat, mkdir, readdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseError } from '../kit/databaseErrors.ts'
import { prepareNative } from './prepareNative.ts'
import { canAccess, chooseRunUser } from './runUser.ts'
import type { RunUser } from './runUser.ts'

/** Where an embedded PostgreSQL is located and which user it runs as. */
export interface Place {
  /** Holds the cluster, the socket and the log; mode 0700, owned by the user PostgreSQL runs as. */
  home: string
  /** PostgreSQL's data directory. */
  cluster: string
  /** Receives PostgreSQL's output. */
  logFile: string
  /** The folder holding PostgreSQL's `bin/`, `lib/` and `share/`. */
  native: string
  /** The user PostgreSQL runs as; undefined: the user of this process. */
  user: RunUser | undefined
  /** True if that user cannot access the home by path and receives its folders as open descriptors. */
  byDescriptor: boolean
  /** True if the home is outside the data directory, which then holds a link to it. */
  isElsewhere: boolean
}

/**
 * Chooses where the embedded PostgreSQL of a data directory is located, and creates the folders it needs: always
 * `database/` in the data directory, or the target if that is a link. Under root, the PostgreSQL user receives folders
 * it cannot access by path, for instance below a private home, as open descriptors.
 *
 * @param dataDir the data directory, created by `prepareDataDir`
 */
export async function choosePlace(dataDir: string): Promise<Place> {
  const real = await realpath(dataDir)
  const entry = join(real, 'database')
  const user = await chooseRunUser([entry, real])
  const home = (await exists(entry)) ? await openHome(entry, user) : await createHome(real, entry, user)
  const byDescriptor = user !== undefined && !(await canAccess(user, home, ['x']))
  if (byDescriptor && !canHandOver()) throw unreachable(home, user)
  return {
    home,
    cluster: join(home, 'cluster'),
    logFile: join(home, 'postgres.log'),
    native: await prepareNative(byDescriptor ? undefined : dirname(home), user),
    user,
    byDescriptor,
    isElsewhere: home !== entry,
  }
}

/** Whether the system has paths for open descriptors, through which the process holding them can use them. */
function canHandOver(): boolean {
  return process.platform === 'linux' && existsSync('/proc/self/fd')
}

function unreachable(home: string, user: RunUser): DatabaseError {
  return new DatabaseError(
    'DATA_DIR_UNUSABLE',
    `PostgreSQL refuses to run as root, and the user with id ${user.uid}, as whom it runs, can't get to ${home}. ` +
      'Allow others to pass through the folders above it (chmod o+x), or name a data directory elsewhere (PAWL_DATA).',
  )
}

async function openHome(entry: string, user: RunUser | undefined): Promise<string> {
  const home = await realpath(entry).catch((cause: unknown) => {
    throw new DatabaseError(
      'DATA_DIR_UNUSABLE',
      `${entry} is a link to where the database was, and that is gone. Put it back, or delete the link to begin with an empty database.`,
      { cause },
    )
  })
  if (user === undefined) return home
  await openWay(dirname(home), user)
  // in a copy made by root, every file belongs to root
  if ((await lstat(home)).uid === 0) await chownTree(home, user)
  return home
}

async function createHome(dataDir: string, entry: string, user: RunUser | undefined): Promise<string> {
  if (user) await openWay(dataDir, user)
  await createPrivate(entry, user)
  return entry
}

async function createPrivate(folder: string, user: RunUser | undefined): Promise<void> {
  await mkdir(folder, { mode: 0o700 })
  if (user) await chown(folder, user.uid, user.gid)
}

/**
 * The PostgreSQL user cannot enter a private folder owned by root, so that user becomes the folder's owner, unless it
 * cannot access the parent folder either. The folder's contents keep their owner.
 */
async function openWay(folder: string, user: RunUser): Promise<void> {
  const { uid, mode } = await lstat(folder)
  if (uid !== 0 || (mode & 0o001) !== 0) return
  if (await canAccess(user, dirname(folder), ['x'])) await chown(folder, user.uid, user.gid)
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
