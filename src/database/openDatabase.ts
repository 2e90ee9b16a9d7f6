import type { PoolConfig } from 'pg'
import type { DatabaseError } from './kit/databaseErrors.ts'
import { silentLog } from './kit/databaseLog.ts'
import type { DatabaseLog } from './kit/databaseLog.ts'
import { openEmbedded } from './embedded/openEmbedded.ts'
import { explainFileErrors } from './kit/explainFileErrors.ts'
import { lockDataDir } from './kit/lockDataDir.ts'
import { openGiven } from './openGiven.ts'
import { prepareDataDir } from './kit/prepareDataDir.ts'

/** What {@link openDatabase} is asked for. */
export interface OpenDatabaseOptions {
  /** The data directory (`PAWL_DATA`); created with mode 0700 where it is missing. */
  dataDir: string
  /** A PostgreSQL of the user's (`DATABASE_URL`). Default, and for the empty string: the embedded one. */
  databaseUrl?: string | undefined
  /** Default: reports nothing. */
  log?: DatabaseLog | undefined
  /** Gives it up: an embedded PostgreSQL that was being made or started is stopped again, and the call rejects. */
  signal?: AbortSignal | undefined
}

/** An open database, and the data directory held with it. */
export interface Database {
  /** For a `pg.Pool`. */
  readonly poolConfig: PoolConfig
  /** Whose PostgreSQL it is. */
  readonly kind: 'embedded' | 'given'
  /** True where the embedded PostgreSQL had outlived a killed server and was taken over. */
  readonly adopted: boolean
  /** Where the embedded database lies, where that is outside of the data directory, which then holds a link to it. */
  readonly elsewhere: string | undefined
  /**
   * Resolves, with the reason, where the embedded PostgreSQL ended so often that it is not started again: only a new
   * start of the server may help. Else, and for a given one, it stays pending.
   */
  readonly failed: Promise<DatabaseError>
  /**
   * Stops the embedded PostgreSQL and lets go of the data directory. Close all pools first: sessions that are still open
   * are ended. A given PostgreSQL is left running. Calling it again changes nothing.
   */
  close(): Promise<void>
}

/**
 * Opens the database of a server: locks the data directory against other servers, then starts or adopts the embedded
 * PostgreSQL, or checks the given one. An embedded one that ends is started again. The schema is not touched; see `migrate`.
 *
 * @throws {@link DataDirInUseError} where another server uses the data directory
 * @throws {@link DatabaseError} for everything else that can go wrong, by its `code`
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { databaseUrl, log = silentLog, signal } = options
  return explainFileErrors(options.dataDir, async () => {
    const dataDir = await prepareDataDir(options.dataDir)
    const lock = await lockDataDir(dataDir, log)
    try {
      const opened = databaseUrl ? undefined : await openEmbedded(dataDir, log, signal)
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
        elsewhere: opened?.elsewhere,
        failed: opened?.failed ?? new Promise(() => undefined),
        close: () => (closing ??= close()),
      }
    } catch (error) {
      lock.release()
      throw error
    }
  })
}
