import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Place } from './place.ts'

/** Folders as passed to a PostgreSQL program. */
export interface HandedOver {
  /** The paths that the program uses, in the order given. */
  readonly paths: readonly string[]
  /** File descriptors to pass as its standard streams from the fourth on. */
  readonly descriptors: readonly number[]
  /** Closes this process's descriptors. Call it once the program was started or failed to start. */
  close(): Promise<void>
}

const firstDescriptor = 3
const namePrefix = '/proc/self/fd/'

/**
 * Passes folders to a program about to be started: by path, or as open descriptors if its user cannot access the path.
 * The kernel then checks the permissions of the folder only, not those of its parents; forked processes inherit the
 * access.
 */
export async function handOver(place: Place, folders: readonly string[]): Promise<HandedOver> {
  if (!place.byDescriptor) return { paths: folders, descriptors: [], close: async () => undefined }
  const handles: FileHandle[] = []
  const close = async (): Promise<void> => {
    await Promise.all(handles.map((handle) => handle.close()))
  }
  try {
    for (const folder of folders) handles.push(await open(folder, constants.O_RDONLY | constants.O_DIRECTORY))
  } catch (error) {
    await close()
    throw error
  }
  return {
    paths: handles.map((_, index) => `${namePrefix}${firstDescriptor + index}`),
    descriptors: handles.map(({ fd }) => fd),
    close,
  }
}

/** Whether a path refers to a folder passed as an open descriptor: it has no meaning in any other process. */
export function isHandedOver(path: string): boolean {
  return path.startsWith(namePrefix)
}
