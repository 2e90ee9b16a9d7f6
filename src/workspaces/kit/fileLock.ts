import { closeSync, constants, fstatSync, openSync, statSync, unlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { WorkspaceError } from './workspaceError.ts'

/** Whether a lock excludes all others. */
export type LockKind = 'exclusive' | 'shared'

/** How a lock is waited for. */
export interface LockOptions {
  /** Whether others may have it at the same time, if they share it too. Default `exclusive`. */
  readonly kind?: LockKind
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined
  /** How long it is waited for, in milliseconds. `take` waits 15 minutes by default. */
  readonly timeoutMs: number
}

/** How often a lock that is held is asked for again, in milliseconds. */
const ASK_MS = 25

/**
 * A lock on a file, held by the kernel until it is released, or until this process and every process that was given `fd` have ended,
 * however they end. So what a killed process had begun is over when the next one gets its lock.
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
   * Takes a lock where it is free; null where another holds one that excludes it.
   *
   * @throws WorkspaceError `NO_FILE_LOCKS` where the file system has none
   */
  static async try(path: string, kind: LockKind = 'exclusive'): Promise<FileLock | null> {
    const tryLock = await loadTryLock()
    for (;;) {
      // a descriptor, not a handle: a handle that nobody refers to is closed by the garbage collector
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
   * Waits until it has a lock.
   *
   * @throws WorkspaceError `WORKSPACE_BUSY` where it takes too long; the signal's reason when it aborts
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
   * Waits for a lock; null where it takes too long.
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

  /** Lets go of it. May be called again. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    closeSync(this.fd)
  }

  /** Removes its file, which only its holder may, and lets go of it. */
  remove(): void {
    if (this.#isHeld) unlinkSync(this.#path)
    this.release()
  }
}

/** Whether a path still leads to an opened file: its last holder may have removed it. */
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
