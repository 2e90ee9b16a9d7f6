import { lstat, mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'pawl-git-'

/** How old a folder is before its process counts as killed, in milliseconds: a day, longer than any operation. */
const STALE_MS = 86_400_000

/** Creates a temporary folder for the git commands of one operation. */
export async function makeTemporaryFolder(): Promise<string> {
  return mkdtemp(join(await findTemporary(), PREFIX))
}

/**
 * Removes the temporary folders of this user that killed processes left behind. The age decides: a process id proves
 * nothing where containers share the folder.
 */
export async function removeStaleFolders(): Promise<void> {
  const parent = await findTemporary()
  const names = await readdir(parent).catch(() => [])
  for (const name of names.filter((each) => each.startsWith(PREFIX))) {
    const path = join(parent, name)
    const entry = await lstat(path).catch(() => null)
    const isOwn = entry !== null && entry.isDirectory() && entry.uid === process.geteuid?.()
    if (isOwn && Date.now() - entry.mtimeMs > STALE_MS)
      await rm(path, { recursive: true, force: true }).catch(() => undefined)
  }
}

async function findTemporary(): Promise<string> {
  return realpath(tmpdir()).catch(() => realpath('/tmp'))
}
