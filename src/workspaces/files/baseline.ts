import { unlink } from 'node:fs/promises'
import {
  type FilePlace,
  type FileState,
  MAX_ARTIFACT_BYTES,
  type ReadOptions,
  readSnapshot,
} from './readArtifact.ts'
import { resolveInside } from './resolveInside.ts'

/** What stood at a path before an agent was asked for a file there; null where nothing did. Can be kept as JSON. */
export type Baseline = FileState | null

/**
 * Remembers what stands at a path.
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
 * Removes a file that an earlier attempt left. What appears at its path after that is new, whatever it holds: the baseline is null.
 *
 * @returns what was removed; null where nothing was there
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

/** Whether a file is another than the one remembered, or was written to since. */
export function isChanged(baseline: Baseline, { size, mtime, inode, sha256 }: FileState): boolean {
  if (baseline === null) return true
  if (sha256 !== null && baseline.sha256 !== null && sha256 !== baseline.sha256) return true
  return size !== baseline.size || mtime !== baseline.mtime || inode !== baseline.inode
}
