import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { DatabaseError } from '../kit/databaseErrors.ts'

/** The user PostgreSQL runs as, if it is not the user of this process. */
export interface RunUser {
  uid: number
  gid: number
}

const run = promisify(execFile)

/**
 * Chooses the user to run PostgreSQL as. PostgreSQL refuses root, so under root it is the owner of the data directory,
 * otherwise `postgres`, otherwise `nobody`; users are never created. Returns undefined if this process's user is
 * suitable.
 *
 * @param folders the database's folders; the first that exists and is not root's decides
 */
export async function chooseRunUser(folders: readonly string[]): Promise<RunUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  for (const folder of folders) {
    const owner = await stat(folder).catch(() => undefined)
    if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  }
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const user = await findUser(name)
    if (user !== undefined && user.uid !== 0) return user
  }
  throw new DatabaseError(
    'EMBEDDED_UNAVAILABLE',
    'PostgreSQL refuses to run as root, and this machine has neither a user "postgres" nor "nobody". ' +
      `Run Pawl as another user, or give ${folders.at(-1)} to one (chown), or set DATABASE_URL.`,
  )
}

async function findUser(name: string): Promise<RunUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch (error) {
    // a numeric code means that `id` ran and knows no such user
    if (typeof (error as { code?: unknown }).code === 'number') return undefined
    throw new DatabaseError(
      'EMBEDDED_UNAVAILABLE',
      `PostgreSQL refuses to run as root, and the users of this machine can't be looked up: ${(error as Error).message}. ` +
        'Run Pawl as another user, or set DATABASE_URL.',
      { cause: error },
    )
  }
}

/**
 * Whether the user passes all these tests of `test(1)` on a path: `x` to run a program or enter a folder, `r` to read.
 * Runs the tests as that user, so that access control lists count too.
 */
export async function canAccess(
  user: RunUser,
  path: string,
  modes: readonly ('x' | 'r')[],
): Promise<boolean> {
  const tests = modes.map((mode) => `test -${mode} "$1"`).join(' && ')
  try {
    await run('/bin/sh', ['-c', tests, 'sh', path], { cwd: '/', ...user })
    return true
  } catch {
    return false
  }
}
