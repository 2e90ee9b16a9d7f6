import type { PoolConfig } from 'pg'
import { DatabaseError } from './databaseErrors.ts'
import { silentLog } from './databaseLog.ts'
import type { DatabaseLog } from './databaseLog.ts'
import { openEmbedded } from './embedded/openEmbedded.ts'
import { lockDataDir } from './lockDataDir.ts'
import { openGiven } from './openGiven.ts'
import { prepareDataDir } from './prepareDataDir.ts'

/** What {@link openDatabase} is asked for. */
export interface OpenDatabaseOptions {
  /** The data directory (`PAWL_DATA`); created with mode 0700 where it is missing. */
  dataDir: string
  /** A PostgreSQL of the user's (`DATABASE_URL`). Default, and for the empty string: the embedded one. */
  databaseUrl?: string | undefined
  /** Default: reports nothing. */
  log?: DatabaseLog | undefined
}

/** An open database, and the data directory held with it. */
export interface Database {
  /** For a `pg.Pool`. */
  readonly poolConfig: PoolConfig
  /** Whose PostgreSQL it is. */
  readonly kind: 'embedded' | 'given'
  /** True where the embedded PostgreSQL had outlived a killed server and was taken over. */
  readonly adopted: boolean
  /**
   * Stops the embedded PostgreSQL and lets go of the data directory. Close all pools first: sessions that are still open
   * are ended. A given PostgreSQL is left running. Calling it again changes nothing.
   */
  close(): Promise<void>
}

/**
 * Opens the database of a server: locks the data directory against other servers, then starts or adopts the embedded
 * PostgreSQL, or checks the given one. The schema is not touched; see `migrate`.
 *
 * @throws {@link DataDirInUseError} where another server uses the data directory
 * @throws {@link DatabaseError} for everything else that can go wrong, by its `code`
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { databaseUrl, log = silentLog } = options
  return explainFileErrors(options.dataDir, async () => {
    const dataDir = await prepareDataDir(options.dataDir)
    const lock = await lockDataDir(dataDir, log)
    try {
      const opened = databaseUrl ? undefined : await openEmbedded(dataDir, log)
      const poolConfig = opened?.poolConfig ?? (await openGiven(databaseUrl ?? ''))
      let closing: Promise<void> | undefined
      const close = async (): Promise<void> => {
        await opened?.close()
        lock.release()
      }
      return {
        poolConfig,
        kind: opened ? 'embedded' : 'given',
        adopted: opened?.adopted ?? false,
        close: () => (closing ??= close()),
      }
    } catch (error) {
      lock.release()
      throw error
    }
  })
}

async function explainFileErrors<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new DatabaseError(
        'DISK_FULL',
        `The disk that holds ${dataDir} is full. Nothing that was committed is lost. Free some space and start again.`,
        { cause: error },
      )
    }
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      throw new DatabaseError(
        'DATA_DIR_UNUSABLE',
        `This user may not use ${path ?? dataDir}. Run Pawl as the user who owns the data directory ${dataDir}, or name ` +
          'another one (PAWL_DATA).',
        { cause: error },
      )
    }
    throw error
  }
}
