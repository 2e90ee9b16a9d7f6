import { statfs } from 'node:fs/promises'

/** Less room than one segment of its log takes, and PostgreSQL is about to stop, or does not start. */
const MIN_FREE_BYTES = 16 * 1024 * 1024

/** Whether the disk that holds a folder has too little room for PostgreSQL to go on; false where that can't be told. */
export async function isDiskFull(folder: string): Promise<boolean> {
  const found = await statfs(folder).catch(() => undefined)
  return found !== undefined && found.bavail * found.bsize < MIN_FREE_BYTES
}
