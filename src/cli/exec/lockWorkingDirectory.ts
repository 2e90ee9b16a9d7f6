import { realpathSync } from 'node:fs'
import { DirectoryLock, DirectoryTakenError } from '../../processes/directoryLock.ts'
import { LocksUnavailableError } from '../../processes/lockFolder.ts'
import { outerRunsOf } from '../../processes/outerRuns.ts'
import { whyReserved } from '../../ownDirectories.ts'
import { dataDirectory } from '../kit/connect.ts'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import type { Invocation } from '../kit/invocation.ts'

/** What the directory is locked for. */
export interface LockFields {
  /** Null if the run is still to be started. */
  readonly runId: string | null
  readonly isShared: boolean
}

/**
 * Locks the working directory against other runs on this machine, before any run is claimed or started.
 *
 * @throws UsageError if another run works here, or the directory is Pawl's own
 */
export async function lockWorkingDirectory(
  { env, options }: Invocation,
  { runId, isShared }: LockFields,
): Promise<DirectoryLock> {
  const directory = realpathSync.native('.')
  const own = { path: dataDirectory(env, options), holds: "a server's data is kept" }
  const reserved = whyReserved(directory, [own])
  if (reserved !== null) {
    const way = 'An agent could read tokens and delete data there: run it in a folder of its own.'
    throw new UsageError(`${reserved}\n${way}`, EXIT.usage, 'DirectoryReserved')
  }
  const use = { program: 'pawl exec', runId, fence: null, outerRuns: outerRunsOf(env) }
  try {
    return await DirectoryLock.take(directory, use, isShared)
  } catch (error) {
    if (error instanceof DirectoryTakenError) {
      const ways =
        'wait until it has ended, use another directory, or pass --shared to share this one on purpose'
      throw new UsageError(`${error.message}\n${ways}`, EXIT.lostRace, 'DirectoryTaken')
    }
    if (error instanceof LocksUnavailableError)
      throw new UsageError(error.message, EXIT.fault, 'LocksUnavailable')
    throw error
  }
}
