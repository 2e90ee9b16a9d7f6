import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Place } from './place.ts'

/** Folders as a program of PostgreSQL is told of them. */
export interface HandedOver {
  /** What the program calls them, in the order given. */
  readonly paths: readonly string[]
  /** Its standard streams from the fourth on. */
  readonly descriptors: readonly number[]
  /** To be called once the program was started, or was not. */
  close(): Promise<void>
}

const firstDescriptor = 3
const namePrefix = '/proc/self/fd/'

/**
 * Hands folders to a program that is about to be started: by their paths, or open where its user can't get to them. The
 * kernel then asks for the rights on the folder alone, not for those on the folders above it; forked processes have it, too.
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

/** Whether a path is what a program was told of a folder that it was handed open: it means nothing to any other process. */
export function isHandedOver(path: string): boolean {
  return path.startsWith(namePrefix)
}
