import { join } from 'node:path'
import { FileLock, type LockKind } from '../kit/fileLock.ts'

/**
 * Reads or changes what a repository knows of its worktrees. Git reads all of it whenever it adds or lists one, and fails where
 * another is half made just then ("failed to read …/commondir"): so changes are made one by one, and with no reader meanwhile.
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
