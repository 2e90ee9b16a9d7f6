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
  /** Where the database lies, where that is not in the data directory. */
  elsewhere: string | undefined
  /** Resolves where it ended too often to be started again; else never. */
  failed: Promise<DatabaseError>
  close(): Promise<void>
}

/** Sessions at once; PostgreSQL keeps some of its twenty for itself, and others are for tools. */
const poolSize = 14

/**
 * Starts the embedded PostgreSQL of a data directory, or adopts the one a killed server left running. Should it end, it is
 * started again.
 *
 * @param dataDir a data directory that this process has locked
 * @param signal gives it up, and leaves nothing running
 */
export async function openEmbedded(
  dataDir: string,
  log: DatabaseLog,
  signal?: AbortSignal,
): Promise<EmbeddedPostgres> {
  const place = await choosePlace(dataDir)
  // what lies elsewhere may be linked to from copies of the data directory, too
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

/** While PostgreSQL is away its port may be anybody's, who is not to be told the password. */
function guard(password: string, supervised: SupervisedPostgres): () => string {
  return () => {
    if (supervised.isThere()) return password
    throw Object.assign(new Error('the embedded PostgreSQL is not there at the moment'), {
      code: 'ECONNREFUSED',
    })
  }
}
