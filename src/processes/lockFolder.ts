import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs'

/** Directories can't be locked on this machine; the message says why. */
export class LocksUnavailableError extends Error {
  override readonly name = 'LocksUnavailableError'

  constructor(because: string, options?: ErrorOptions) {
    super(`Directories can't be locked against other runs: ${because}`, options)
  }
}

/** Everybody may create files here, and remove only their own. */
const OPEN_TO_ALL = 0o1777

/**
 * Returns the folder of this machine's directory locks, creating it where it is missing. All users share one
 * folder, independent of their TMPDIR, so that their locks exclude each other.
 *
 * @throws {@link LocksUnavailableError}
 */
export function prepareLockFolder(): string {
  const folder = isOpenToAll('/run/lock') ? '/run/lock/pawl' : '/tmp/pawl-locks'
  try {
    mkdirSync(folder)
    chmodSync(folder, OPEN_TO_ALL)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new LocksUnavailableError(`${folder} can't be made`, { cause })
  }
  // A symbolic link could redirect one user's locks to a folder of another user.
  if (lstatSync(folder).isDirectory() && isOpenToAll(folder)) return folder
  if (lstatSync(folder).isDirectory() && lstatSync(folder).uid === process.getuid?.()) {
    chmodSync(folder, OPEN_TO_ALL)
    return folder
  }
  throw new LocksUnavailableError(`${folder} is no folder that all users may write to`)
}

function isOpenToAll(folder: string): boolean {
  const found = statSync(folder, { throwIfNoEntry: false })
  return found !== undefined && found.isDirectory() && (found.mode & OPEN_TO_ALL) === OPEN_TO_ALL
}
