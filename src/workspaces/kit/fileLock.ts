import { closeSync, constants, fstatSync, openSync, statSync, unlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { WorkspaceError } from './workspaceError.ts'

/** Whether a lock excludes all others, or only exclusive ones. */
export type LockKind = 'exclusive' | 'shared'

/** How to wait for a lock. */
export interface LockOptions {
  /** `shared` locks may be held by several at the same time. Default `exclusive`. */
  readonly kind?: LockKind
  /** Aborts the wait. */
  readonly signal?: AbortSignal | undefined
  /** The timeout, in milliseconds. Default of `take`: 15 minutes. */
  readonly timeoutMs: number
}

/** The poll interval for a lock that is held, in milliseconds. */
const ASK_MS = 25

/**
 * A lock on a file, held by the kernel until it is released, or until this process and every process that
 * inherited `fd` have ended, for any reason. So whatever a killed process had started is over by the time the next
 * process acquires the lock.
 */
export class FileLock {
  readonly fd: number
  readonly #path: string
  #isHeld = true

  private constructor(fd: number, path: string) {
    this.fd = fd
    this.#path = path
  }

  /**
   * Tries to acquire a lock without waiting; returns null where a conflicting lock is held.
   *
   * @throws WorkspaceError `NO_FILE_LOCKS` where the file system does not support locks
   */
  static async try(path: string, kind: LockKind = 'exclusive'): Promise<FileLock | null> {
    const tryLock = await loadTryLock()
    for (;;) {
      // A descriptor instead of a FileHandle: an unreferenced handle is closed by the garbage collector.
      const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
      try {
        if (!tryLock(fd, kind === 'shared')) {
          closeSync(fd)
          return null
        }
        if (isSameFile(fd, path)) return new FileLock(fd, path)
        closeSync(fd)
      } catch (error) {
        closeSync(fd)
        throw noLocks(path, error)
      }
    }
  }

  /**
   * Acquires a lock, waiting for it.
   *
   * @throws WorkspaceError `WORKSPACE_BUSY` at the timeout; the signal's reason when it aborts
   */
  static async take(
    path: string,
    { timeoutMs = 900_000, ...options }: Partial<LockOptions> = {},
  ): Promise<FileLock> {
    const lock = await FileLock.waitFor(path, { ...options, timeoutMs })
    if (lock !== null) return lock
    throw new WorkspaceError('RECOVERABLE', {
      code: 'WORKSPACE_BUSY',
      message: `Something else has been at work on the workspace for ${timeoutMs / 1000} s`,
      hint: `See which process holds ${path}.`,
    })
  }

  /**
   * Waits for a lock; returns null at the timeout.
   *
   * @throws the signal's reason when it aborts
   */
  static async waitFor(path: string, { kind, signal, timeoutMs }: LockOptions): Promise<FileLock | null> {
    const givesUpAt = performance.now() + timeoutMs
    for (;;) {
      signal?.throwIfAborted()
      const lock = await FileLock.try(path, kind)
      if (lock !== null || performance.now() > givesUpAt) return lock
      await sleep(ASK_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Releases the lock. Idempotent. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    closeSync(this.fd)
  }

  /** Removes the lock file, where the lock is still held, and releases the lock. */
  remove(): void {
    if (this.#isHeld) unlinkSync(this.#path)
    this.release()
  }
}

/** Whether a path still refers to an open file: its last holder may have removed it. */
function isSameFile(fd: number, path: string): boolean {
  const standing = statSync(path, { throwIfNoEntry: false })
  const opened = fstatSync(fd)
  return standing?.ino === opened.ino && standing.dev === opened.dev
}

function noLocks(path: string, cause: unknown): WorkspaceError {
  return new WorkspaceError('FATAL', {
    code: 'NO_FILE_LOCKS',
    message: `${path} can not be locked`,
    hint: 'Put the folder of the workspaces on a local file system.',
    cause,
  })
}

type TryLock = (fd: number, isShared: boolean) => boolean

let loaded: Promise<TryLock> | undefined

function loadTryLock(): Promise<TryLock> {
  loaded ??= import('fs-native-extensions').then(
    ({ tryLock }) =>
      (fd, isShared) =>
        tryLock(fd, 0, 1, { shared: isShared }),
  )
  return loaded
}
