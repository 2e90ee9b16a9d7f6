import { join } from 'node:path'
import { FileLock, type LockKind } from '../kit/fileLock.ts'

/**
 * Runs `body`, which reads (shared) or changes (exclusive) a repository's worktree registrations, under a lock.
 * Git reads all of them whenever it adds or lists one, and fails where another is half created ("failed to read
 * …/commondir"): so changes are made one at a time, without concurrent readers.
 */
export async function withWorktreesLocked<T>(
  repository: string,
  { kind, signal }: { readonly kind: LockKind; readonly signal?: AbortSignal | undefined },
  body: () => Promise<T>,
): Promise<T> {
  const lock = await FileLock.take(join(repository, 'pawl-worktrees.lock'), { kind, signal })
  try {
    return await body()
  } finally {
    lock.release()
  }
}
