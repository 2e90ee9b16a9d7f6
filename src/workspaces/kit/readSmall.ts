import { lstat, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const MAX_SMALL_FILE_BYTES = 64 * 1024

/** Reads a small file, of up to 64 KiB; null where it is missing, larger, or not a regular file. */
export async function readSmall(path: string): Promise<string | null> {
  const found = await lstat(path).catch(() => null)
  return found?.isFile() && found.size <= MAX_SMALL_FILE_BYTES
    ? readFile(path, 'utf8').catch(() => null)
    : null
}

/** Returns the path that the `.git` file of a folder names; null where there is no such file. */
export async function readGitFile(folder: string): Promise<string | null> {
  const named = /^gitdir: (.*)$/s.exec((await readSmall(join(folder, '.git'))) ?? '')?.[1]?.trim()
  return named === undefined ? null : resolve(folder, named)
}
