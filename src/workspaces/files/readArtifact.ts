import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { WorkspaceError } from '../kit/workspaceError.ts'
import { openInside } from './resolveInside.ts'

/** The location of a file in a workspace. */
export interface FilePlace {
  /** The workspace, absolute. */
  readonly workspace: string
  /** The file's path, relative to the workspace. */
  readonly path: string
}

/** What distinguishes one state of a file from another. */
export interface FileState {
  /** In bytes. */
  readonly size: number
  /** When the content was last written, in nanoseconds since 1970, as a decimal string. */
  readonly mtime: string
  /** Device and inode, as `device:inode`. */
  readonly inode: string
  /** SHA-256 of the bytes, in hex; null where the file is larger than the limit. */
  readonly sha256: string | null
}

/** The whole content of a file, with its state. */
export interface Artifact {
  readonly outcome: 'FOUND'
  readonly content: string
  readonly state: FileState & { readonly sha256: string }
}

/** Why the content of an existing path can't be returned. */
export type ArtifactTrouble =
  | { readonly outcome: 'TOO_LARGE'; readonly state: FileState; readonly maxBytes: number }
  | { readonly outcome: 'NOT_TEXT'; readonly state: FileState }
  | { readonly outcome: 'NOT_A_FILE'; readonly problem: WorkspaceError }
  | { readonly outcome: 'PATH_OUTSIDE'; readonly problem: WorkspaceError }
  | { readonly outcome: 'WORKSPACE_GONE'; readonly problem: WorkspaceError }

/** The default maximum size of a file, in bytes. */
export const MAX_ARTIFACT_BYTES = 10 * 1024 * 1024

/** How a file is read. */
export interface ReadOptions {
  /** The maximum size of the file, in bytes. Default 10 MiB. */
  readonly maxBytes?: number
}

/**
 * Reads the current content of a file in a workspace, without waiting for it to become stable: call it once nobody
 * writes any more. Problems with the file are returned as outcomes; only system errors are thrown.
 *
 * @returns `MISSING` where the file does not exist
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

/** A file's state with its bytes; `bytes` is null where the file is larger than the limit. */
export interface Snapshot {
  readonly state: FileState
  readonly bytes: Buffer | null
}

/** How many times a file that keeps changing is read before the last read is accepted. */
const READS = 5

/**
 * Reads a consistent snapshot of a file, reading it again where it was written to during the read.
 *
 * @returns null where the file does not exist
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

/** Decodes a snapshot as UTF-8 text, or returns why it can't be. */
export function judgeSnapshot({ state, bytes }: Snapshot, maxBytes: number): Artifact | ArtifactTrouble {
  const { sha256 } = state
  if (bytes === null || sha256 === null) return { outcome: 'TOO_LARGE', state, maxBytes }
  try {
    // A byte order mark is kept as part of the content, so that the hash is that of the bytes.
    const content = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { outcome: 'FOUND', content, state: { ...state, sha256 } }
  } catch {
    return { outcome: 'NOT_TEXT', state }
  }
}

/**
 * Converts a thrown error to an outcome.
 *
 * @throws the error itself where it is not one of the expected problems
 */
export function toTrouble(error: unknown): ArtifactTrouble {
  if (error instanceof WorkspaceError) {
    const { code } = error
    if (code === 'NOT_A_FILE' || code === 'PATH_OUTSIDE' || code === 'WORKSPACE_GONE')
      return { outcome: code, problem: error }
  }
  throw error
}

/** Reads at most one byte more than the limit, so that a file that outgrew it is noticed. */
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
