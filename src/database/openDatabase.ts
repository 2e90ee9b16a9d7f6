import type { PoolConfig } from 'pg'
import type { DatabaseError } from './kit/databaseErrors.ts'
import { silentLog } from './kit/databaseLog.ts'
import type { DatabaseLog } from './kit/databaseLog.ts'
import { openEmbedded } from './embedded/openEmbedded.ts'
import { explainFileErrors } from './kit/explainFileErrors.ts'
import { lockDataDir } from './kit/lockDataDir.ts'
import { openGiven } from './given/openGiven.ts'
import { prepareDataDir } from './kit/prepareDataDir.ts'

/** Options of {@link openDatabase}. */
export interface OpenDatabaseOptions {
  /** The data directory (`PAWL_DATA`); created with mode 0700 if missing. */
  dataDir: string
  /** The user's own PostgreSQL (`DATABASE_URL`). Default, and for the empty string: the embedded one. */
  databaseUrl?: string | undefined
  /** The same database without a pooler (`DATABASE_LISTEN_URL`). Default: `databaseUrl`. */
  databaseListenUrl?: string | undefined
  /** Default: reports nothing. */
  log?: DatabaseLog | undefined
  /** Aborts: an embedded PostgreSQL that is being created or started is stopped again, and the call rejects. */
  signal?: AbortSignal | undefined
}

/** An open database, and the lock on the data directory held with it. */
export interface Database {
  /** For a `pg.Pool`: statements and transactions, each of which a pooler may give another session. */
  readonly poolConfig: PoolConfig
  /** For what belongs to a session: `LISTEN`, the lock of the migrations, long transfers. */
  readonly sessionConfig: PoolConfig
  /** Whether the PostgreSQL is Pawl's embedded one or the user's. */
  readonly kind: 'embedded' | 'given'
  /** True if the embedded PostgreSQL had outlived a killed server and was taken over. */
  readonly adopted: boolean
  /** Path of the embedded database if it is outside the data directory, which then holds a link to it. */
  readonly elsewhere: string | undefined
  /**
   * Resolves with the reason when the embedded PostgreSQL has ended so often that it is not restarted: only a restart
   * of the server may help. Otherwise, and for a given PostgreSQL, it stays pending.
   */
  readonly failed: Promise<DatabaseError>
  /**
   * Stops the embedded PostgreSQL and releases the lock on the data directory. Close all pools first: sessions that are
   * still open are ended. A given PostgreSQL keeps running. Idempotent.
   */
  close(): Promise<void>
}

/**
 * Opens the database of a server: locks the data directory against other servers, then starts or takes over the
 * embedded PostgreSQL, or checks the given one. Restarts an embedded one that ends. Does not change the schema; see
 * `migrate`.
 *
 * @throws {@link DataDirInUseError} if another server uses the data directory
 * @throws {@link DatabaseError} for every other failure, by its `code`
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { databaseUrl, databaseListenUrl, log = silentLog, signal } = options
  return explainFileErrors(options.dataDir, async () => {
    const dataDir = await prepareDataDir(options.dataDir)
    const lock = await lockDataDir(dataDir, log)
    try {
      const opened = databaseUrl ? undefined : await openEmbedded(dataDir, log, signal)
      const configs = opened
        ? { poolConfig: opened.poolConfig, sessionConfig: opened.poolConfig }
        : await openGiven({ databaseUrl: databaseUrl ?? '', databaseListenUrl }, log)
      let closing: Promise<void> | undefined
      const close = async (): Promise<void> => {
        await opened?.close()
        lock.release()
      }
      return {
        ...configs,
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
