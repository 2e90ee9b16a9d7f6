import { closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataDirInUseError } from './databaseErrors.ts'
import type { DatabaseLog } from './databaseLog.ts'
import { lockFileName } from './prepareDataDir.ts'

/** A held lock. */
export interface DataDirLock {
  release(): void
}

/** Far beyond the file's text, because a locked range cannot be read on Windows. */
const lockedByte = 2 ** 30

/**
 * Locks a directory against other servers. The kernel holds the lock and releases it when this process ends for any
 * reason, so there are no stale locks; the file itself remains.
 *
 * @throws {@link DataDirInUseError} if another live process holds it
 */
export async function lockDataDir(dataDir: string, log: DatabaseLog): Promise<DataDirLock> {
  const tryLock = await loadTryLock(log)
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)
  // a descriptor, not a FileHandle: the garbage collector closes an unreferenced FileHandle
  const file = openSync(join(dataDir, lockFileName), flags, 0o600)
  try {
    if (!tryLock(file, lockedByte, 1)) throw await describeHolder(dataDir)
    ftruncateSync(file)
    writeSync(file, `${process.pid}\n`, 0)
  } catch (error) {
    closeSync(file)
    throw error
  }
  return { release: () => releaseLock(file) }
}

function releaseLock(file: number): void {
  ftruncateSync(file)
  closeSync(file)
}

type TryLock = (fd: number, offset: number, length: number) => boolean

/**
 * Without a build of the native addon, or on a file system without locks, two servers on one directory go undetected.
 */
async function loadTryLock(log: DatabaseLog): Promise<TryLock> {
  const skip = (err: unknown): true => {
    log.warn({ reason: 'no file locks on this platform or file system', err }, 'database.lock_skipped')
    return true
  }
  try {
    const { tryLock } = await import('fs-native-extensions')
    return (...range) => {
      try {
        return tryLock(...range)
      } catch (error) {
        return skip(error)
      }
    }
  } catch (error) {
    return () => skip(error)
  }
}

async function describeHolder(dataDir: string): Promise<DataDirInUseError> {
  const pid = Number(await readLine(join(dataDir, lockFileName)))
  const address = await readLine(join(dataDir, 'address'))
  return new DataDirInUseError(dataDir, pid > 0 ? pid : undefined, address)
}

async function readLine(path: string): Promise<string | undefined> {
  try {
    const line = (await readFile(path, 'utf8')).split('\n')[0]?.trim()
    return line === '' ? undefined : line
  } catch {
    return undefined
  }
}
