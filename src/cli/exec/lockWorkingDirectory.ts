import { realpathSync } from 'node:fs'
import { DirectoryLock, DirectoryTakenError } from '../../processes/directoryLock.ts'
import { LocksUnavailableError } from '../../processes/lockFolder.ts'
import { outerRunsOf } from '../../processes/outerRuns.ts'
import { whyReserved } from '../../worker/config/ownDirectories.ts'
import { dataDirectory } from '../kit/connect.ts'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import type { Invocation } from '../kit/invocation.ts'

/** For which run the directory is locked. */
export interface LockFields {
  /** Null for one that is to be started. */
  readonly runId: string | null
  readonly isShared: boolean
}

/**
 * Locks the working directory against other runs of this machine, before any run is touched.
 *
 * @throws UsageError where another run works here, or the directory is Pawl's own
 */
export async function lockWorkingDirectory(
  { env, options }: Invocation,
  { runId, isShared }: LockFields,
): Promise<DirectoryLock> {
  const directory = realpathSync.native('.')
  const own = { path: dataDirectory(env, options), holds: "a server's data is kept" }
  const reserved = whyReserved(directory, [own])
  if (reserved !== null) {
    const way = 'An agent could read tokens and remove data there: run it in a folder of its own.'
    throw new UsageError(`${reserved}\n${way}`, EXIT.usage, 'DirectoryReserved')
  }
  const use = { program: 'pawl exec', runId, fence: null, outerRuns: outerRunsOf(env) }
  try {
    return await DirectoryLock.take(directory, use, isShared)
  } catch (error) {
    if (error instanceof DirectoryTakenError) {
      const ways =
        'wait for its end, work in another directory, or say that it is shared on purpose: --shared'
      throw new UsageError(`${error.message}\n${ways}`, EXIT.lostRace, 'DirectoryTaken')
    }
    if (error instanceof LocksUnavailableError)
      throw new UsageError(error.message, EXIT.fault, 'LocksUnavailable')
    throw error
  }
}
