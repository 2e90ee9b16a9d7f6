import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs'

/** Directories can't be locked on this machine; its message says why and what to do. */
export class LocksUnavailableError extends Error {
  override readonly name = 'LocksUnavailableError'

  constructor(because: string, options?: ErrorOptions) {
    super(`Directories can't be locked against other runs: ${because}`, options)
  }
}

/** Everybody may make files here, and remove their own only. */
const OPEN_TO_ALL = 0o1777

/**
 * The folder of the locks of this machine's directories, made where it is not there: one for all users, wherever their temporary files
 * are, so that all of them meet in it.
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
  // A link could lead the locks of one user to a place of another's.
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
