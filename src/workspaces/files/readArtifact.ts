import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { WorkspaceError } from '../kit/workspaceError.ts'
import { openInside } from './resolveInside.ts'

/** A file of a workspace. */
export interface FilePlace {
  /** The workspace, absolute. */
  readonly workspace: string
  /** The file's path, relative to it. */
  readonly path: string
}

/** What tells a state of a file from any other. */
export interface FileState {
  /** In bytes. */
  readonly size: number
  /** When its content was last written, in nanoseconds since 1970, as a decimal string. */
  readonly mtime: string
  /** Device and inode, as `device:inode`. */
  readonly inode: string
  /** SHA-256 of its bytes, in hex; null where it has more bytes than are read. */
  readonly sha256: string | null
}

/** A file that was read whole. */
export interface Artifact {
  readonly outcome: 'FOUND'
  readonly content: string
  readonly state: FileState & { readonly sha256: string }
}

/** Why the content of a file that is there can't be handed over. */
export type ArtifactTrouble =
  | { readonly outcome: 'TOO_LARGE'; readonly state: FileState; readonly maxBytes: number }
  | { readonly outcome: 'NOT_TEXT'; readonly state: FileState }
  | { readonly outcome: 'NOT_A_FILE'; readonly problem: WorkspaceError }
  | { readonly outcome: 'PATH_OUTSIDE'; readonly problem: WorkspaceError }
  | { readonly outcome: 'WORKSPACE_GONE'; readonly problem: WorkspaceError }

/** The largest file that is read unless told otherwise, in bytes. */
export const MAX_ARTIFACT_BYTES = 10 * 1024 * 1024

/** How a file is read. */
export interface ReadOptions {
  /** The largest file to be read, in bytes. Default 10 MiB. */
  readonly maxBytes?: number
}

/**
 * Reads a file of a workspace as it is now, without waiting: for when nobody writes any more. Troubles are outcomes: nothing is
 * thrown but faults of the system.
 *
 * @returns `MISSING` where there is none
 */
export async function readArtifact(
  place: FilePlace,
  { maxBytes = MAX_ARTIFACT_BYTES }: ReadOptions = {},
): Promise<Artifact | ArtifactTrouble | { readonly outcome: 'MISSING' }> {
  try {
    const snapshot = await readSnapshot(place, maxBytes)
    return snapshot === null ? { outcome: 'MISSING' } : judgeSnapshot(snapshot, maxBytes)
  } catch (error) {
    return toTrouble(error)
  }
}

/** A file's state with its bytes, which are null where there are too many. */
export interface Snapshot {
  readonly state: FileState
  readonly bytes: Buffer | null
}

/** How often a file that is written to while it is read is read anew before it is taken as it came. */
const READS = 5

/**
 * Reads a file at one moment: again where it was written to meanwhile.
 *
 * @returns null where there is none
 * @throws {@link WorkspaceError} as `openInside`
 */
export async function readSnapshot(place: FilePlace, maxBytes: number): Promise<Snapshot | null> {
  const file = await openInside(place.workspace, place.path)
  if (file === null) return null
  try {
    for (let read = 1; ; read += 1) {
      const before = await file.stat({ bigint: true })
      if (before.size > BigInt(maxBytes)) return { state: toState(before, null), bytes: null }
      const bytes = await readUpTo(file, maxBytes)
      const after = await file.stat({ bigint: true })
      const isWhole = BigInt(bytes.length) === after.size
      const isSame = isWhole && before.size === after.size && before.mtimeNs === after.mtimeNs
      if (bytes.length <= maxBytes && (isSame || read === READS))
        return { state: toState(after, createHash('sha256').update(bytes).digest('hex')), bytes }
    }
  } finally {
    await file.close()
  }
}

/** What a snapshot is good for. */
export function judgeSnapshot({ state, bytes }: Snapshot, maxBytes: number): Artifact | ArtifactTrouble {
  const { sha256 } = state
  if (bytes === null || sha256 === null) return { outcome: 'TOO_LARGE', state, maxBytes }
  try {
    // A byte order mark is part of the content: its hash is that of the bytes.
    const content = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { outcome: 'FOUND', content, state: { ...state, sha256 } }
  } catch {
    return { outcome: 'NOT_TEXT', state }
  }
}

/**
 * The outcome that a thrown trouble is.
 *
 * @throws the error itself where it is a fault
 */
export function toTrouble(error: unknown): ArtifactTrouble {
  if (error instanceof WorkspaceError) {
    const { code } = error
    if (code === 'NOT_A_FILE' || code === 'PATH_OUTSIDE' || code === 'WORKSPACE_GONE')
      return { outcome: code, problem: error }
  }
  throw error
}

/** At most one byte more than the limit, so that a file that outgrew it is seen to. */
async function readUpTo(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  while (length <= maxBytes) {
    const room = Buffer.allocUnsafe(Math.min(64 * 1024, maxBytes + 1 - length))
    const { bytesRead } = await file.read(room, 0, room.length, length)
    if (bytesRead === 0) break
    chunks.push(room.subarray(0, bytesRead))
    length += bytesRead
  }
  return Buffer.concat(chunks)
}

function toState({ size, mtimeNs, dev, ino }: BigIntStats, sha256: string | null): FileState {
  return { size: Number(size), mtime: String(mtimeNs), inode: `${dev}:${ino}`, sha256 }
}
