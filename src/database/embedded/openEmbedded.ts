import { dirname } from 'node:path'
import type { PoolConfig } from 'pg'
import type { DatabaseError } from '../kit/databaseErrors.ts'
import type { DatabaseLog } from '../kit/databaseLog.ts'
import { lockDataDir } from '../kit/lockDataDir.ts'
import { adoptPostgres } from './adoptPostgres.ts'
import { checkVersion } from './checkVersion.ts'
import { connectEmbedded } from './connectEmbedded.ts'
import { initCluster, readPassword } from './initCluster.ts'
import { choosePlace } from './place.ts'
import { startPatiently } from './startPatiently.ts'
import { supervisePostgres } from './supervisePostgres.ts'
import type { SupervisedPostgres } from './supervisePostgres.ts'

/** A running embedded PostgreSQL. */
export interface EmbeddedPostgres {
  poolConfig: PoolConfig
  adopted: boolean
  /** Path of the database if it is outside the data directory. */
  elsewhere: string | undefined
  /** Resolves if it has ended too often to be restarted; otherwise never. */
  failed: Promise<DatabaseError>
  close(): Promise<void>
}

/** Maximum number of sessions; PostgreSQL reserves some of its twenty, and others are for tools. */
const poolSize = 14

/**
 * Starts the embedded PostgreSQL of a data directory, or takes over one left running by a killed server. Restarts it if
 * it ends.
 *
 * @param dataDir a data directory that this process has locked
 * @param signal aborts, and leaves nothing running
 */
export async function openEmbedded(
  dataDir: string,
  log: DatabaseLog,
  signal?: AbortSignal,
): Promise<EmbeddedPostgres> {
  const place = await choosePlace(dataDir)
  // copies of the data directory may link to the same external home
  const lock = place.isElsewhere ? await lockDataDir(dirname(place.home), log) : undefined
  if (lock)
    log.warn({ home: place.home, reason: 'the data directory holds a link' }, 'database.locate_completed')
  try {
    await checkVersion(place)
    const survivor = await adoptPostgres(place, log, signal)
    signal?.throwIfAborted()
    if (!survivor) await initCluster(place, true, signal)
    const postmaster = survivor ?? (await startPatiently(place, log, { signal }))
    const adopted = survivor !== undefined
    log.info({ pid: postmaster.pid, home: place.home }, `database.${adopted ? 'adopt' : 'start'}_completed`)
    const password = await readPassword(place.cluster)
    const supervised = supervisePostgres(place, postmaster, log)
    const poolConfig = { ...connectEmbedded(postmaster, password), max: poolSize }
    return {
      poolConfig: postmaster.socketDir
        ? poolConfig
        : { ...poolConfig, password: guard(password, supervised) },
      adopted,
      elsewhere: place.isElsewhere ? place.home : undefined,
      failed: supervised.failed,
      close: async () => {
        await supervised.close()
        log.info({ home: place.home }, 'database.stop_completed')
        lock?.release()
      },
    }
  } catch (error) {
    lock?.release()
    throw error
  }
}

/** While PostgreSQL is not running, another process may have its port and must not receive the password. */
function guard(password: string, supervised: SupervisedPostgres): () => string {
  return () => {
    if (supervised.isThere()) return password
    throw Object.assign(new Error('the embedded PostgreSQL is not there at the moment'), {
      code: 'ECONNREFUSED',
    })
  }
}
