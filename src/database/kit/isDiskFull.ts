import { statfs } from 'node:fs/promises'

/** The size of one WAL segment: with less free space PostgreSQL is about to stop, or does not start. */
const MIN_FREE_BYTES = 16 * 1024 * 1024

/**
 * Whether the disk that holds a folder has too little space for PostgreSQL to continue; false if that cannot be
 * determined.
 */
export async function isDiskFull(folder: string): Promise<boolean> {
  const found = await statfs(folder).catch(() => undefined)
  return found !== undefined && found.bavail * found.bsize < MIN_FREE_BYTES
}
