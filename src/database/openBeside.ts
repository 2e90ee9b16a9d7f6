import { realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseError, DataDirInUseError } from './kit/databaseErrors.ts'
import { connectEmbedded } from './embedded/connectEmbedded.ts'
import { findRunning } from './embedded/findRunning.ts'
import { readPassword } from './embedded/initCluster.ts'
import { explainFileErrors } from './kit/explainFileErrors.ts'
import { openDatabase } from './openDatabase.ts'
import type { Database, OpenDatabaseOptions } from './openDatabase.ts'
import { openGiven } from './given/openGiven.ts'

const patienceMilliseconds = 10_000
const pollMilliseconds = 50

/**
 * Opens an existing database alongside a server that may be using it: the server's embedded PostgreSQL is neither taken
 * over nor stopped. If none runs, it is started and runs until `close`.
 *
 * @throws {@link DatabaseError} as `openDatabase`; `DATA_DIR_UNUSABLE` if the data directory holds no database
 * @throws {@link DataDirInUseError} if a server holds the data directory but its database does not run
 */
export async function openBeside(
  options: OpenDatabaseOptions,
): Promise<Pick<Database, 'poolConfig' | 'sessionConfig' | 'kind' | 'close'>> {
  const { databaseUrl, databaseListenUrl } = options
  if (databaseUrl) {
    const configs = await openGiven({ databaseUrl, databaseListenUrl })
    return { ...configs, kind: 'given', close: async () => undefined }
  }
  return explainFileErrors(options.dataDir, async () => {
    const cluster = await findCluster(options.dataDir)
    const deadline = Date.now() + patienceMilliseconds
    for (;;) {
      try {
        return await openDatabase(options)
      } catch (error) {
        if (!(error instanceof DataDirInUseError)) throw error
        const running = await findRunning(cluster)
        if (running) {
          const poolConfig = connectEmbedded(running, await readPassword(cluster))
          return { poolConfig, sessionConfig: poolConfig, kind: 'embedded', close: async () => undefined }
        }
        // a server that is starting or stopping
        if (Date.now() > deadline) throw error
        await delay(pollMilliseconds)
      }
    }
  })
}

async function findCluster(dataDir: string): Promise<string> {
  try {
    return await realpath(join(dataDir, 'database', 'cluster'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new DatabaseError(
      'DATA_DIR_UNUSABLE',
      `There is no database in ${resolve(dataDir)}. Name the data directory of a server (PAWL_DATA), or the PostgreSQL that it ` +
        'uses (DATABASE_URL).',
      { cause: error },
    )
  }
}
