import { unlink } from 'node:fs/promises'
import {
  type FilePlace,
  type FileState,
  MAX_ARTIFACT_BYTES,
  type ReadOptions,
  readSnapshot,
} from './readArtifact.ts'
import { resolveInside } from './resolveInside.ts'

/**
 * The state of a path before an agent was asked for a file there; null where it did not exist. Can be stored as
 * JSON.
 */
export type Baseline = FileState | null

/**
 * Returns the current state of a path, as the baseline of a later wait.
 *
 * @throws WorkspaceError `PATH_OUTSIDE`, `NOT_A_FILE` or `WORKSPACE_GONE`
 */
export async function readBaseline(
  place: FilePlace,
  { maxBytes = MAX_ARTIFACT_BYTES }: ReadOptions = {},
): Promise<Baseline> {
  const snapshot = await readSnapshot(place, maxBytes)
  return snapshot?.state ?? null
}

/**
 * Removes a file that an earlier attempt left, so that anything that appears at its path afterwards is new. Use
 * null as the baseline then.
 *
 * @returns the state of what was removed; null where nothing existed
 * @throws WorkspaceError as {@link readBaseline}
 */
export async function removeStale(place: FilePlace, options: ReadOptions = {}): Promise<Baseline> {
  const removed = await readBaseline(place, options)
  if (removed === null) return null
  const { path } = await resolveInside(place.workspace, place.path)
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  return removed
}

/** Whether a file differs from the baseline, or was written to since. */
export function isChanged(baseline: Baseline, { size, mtime, inode, sha256 }: FileState): boolean {
  if (baseline === null) return true
  if (sha256 !== null && baseline.sha256 !== null && sha256 !== baseline.sha256) return true
  return size !== baseline.size || mtime !== baseline.mtime || inode !== baseline.inode
}
