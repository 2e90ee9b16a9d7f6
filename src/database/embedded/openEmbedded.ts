import { dirname } from 'node:path'
import type { PoolConfig } from 'pg'
import type { DatabaseLog } from '../databaseLog.ts'
import { lockDataDir } from '../lockDataDir.ts'
import { adoptPostgres } from './adoptPostgres.ts'
import { checkVersion } from './checkVersion.ts'
import { connectEmbedded } from './connectEmbedded.ts'
import { initCluster, readPassword } from './initCluster.ts'
import { choosePlace } from './place.ts'
import { startPatiently } from './startPatiently.ts'
import { stopPostgres } from './stopPostgres.ts'

/** A running embedded PostgreSQL. */
export interface EmbeddedPostgres {
  poolConfig: PoolConfig
  adopted: boolean
  close(): Promise<void>
}

/** Sessions at once; PostgreSQL keeps some of its twenty for itself, and others are for tools. */
const poolSize = 14

/**
 * Starts the embedded PostgreSQL of a data directory, or adopts the one a killed server left running.
 *
 * @param dataDir a data directory that this process has locked
 */
export async function openEmbedded(dataDir: string, log: DatabaseLog): Promise<EmbeddedPostgres> {
  const place = await choosePlace(dataDir)
  // what lies elsewhere may be linked to from copies of the data directory, too
  const lock = place.isElsewhere ? await lockDataDir(dirname(place.home), log) : undefined
  try {
    await checkVersion(place)
    const survivor = await adoptPostgres(place, log)
    if (!survivor) await initCluster(place, true)
    const postmaster = survivor ?? (await startPatiently(place, log))
    const adopted = survivor !== undefined
    log.info({ pid: postmaster.pid, home: place.home }, `database.${adopted ? 'adopt' : 'start'}_completed`)
    return {
      poolConfig: { ...connectEmbedded(postmaster, await readPassword(place.cluster)), max: poolSize },
      adopted,
      close: async () => {
        await stopPostgres(place, postmaster.pid)
        log.info({ pid: postmaster.pid }, 'database.stop_completed')
        lock?.release()
      },
    }
  } catch (error) {
    lock?.release()
    throw error
  }
}
