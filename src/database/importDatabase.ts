import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseError as PostgresError } from 'pg'
import type { Client } from 'pg'
import { readHistory } from './migrate/checkHistory.ts'
import { DatabaseError } from './kit/databaseErrors.ts'
import { silentLog } from './kit/databaseLog.ts'
import type { DatabaseLog } from './kit/databaseLog.ts'
import type { RowCounts } from './exportDatabase.ts'
import { migrate } from './migrate/migrate.ts'
import type { Database } from './openDatabase.ts'
import { matchesChecksum, readMigrations } from './migrate/readMigrations.ts'
import { RowInserter } from './transfer/insertRows.ts'
import { listTables, toSql } from './transfer/listTables.ts'
import type { Table } from './transfer/listTables.ts'
import { inPatientTransaction } from './kit/patientTransaction.ts'
import type { OpenExport } from './transfer/readExport.ts'
import { invalid } from './transfer/readLines.ts'

/** Options of {@link importDatabase}. */
export interface ImportOptions {
  /** From `readExport`. */
  readonly source: OpenExport
  /**
   * How to connect to it: the `sessionConfig` of `openDatabase`, which keeps servers off the data directory; no server may be using a given
   * one.
   */
  readonly database: Pick<Database, 'poolConfig' | 'kind'>
  /** The folder `prisma/migrations`. */
  readonly migrationsDir: string
  readonly log?: DatabaseLog
  /** Called periodically with the number of rows read. */
  readonly onProgress?: (rows: number, table: string) => void
  /** Aborts the import and rolls it back. */
  readonly signal?: AbortSignal
}

/** Tables that a server's first start fills; their rows are replaced by the imported ones. */
const replaced: ReadonlySet<string> = new Set(['installation', 'principal', 'token', 'workflow'])

const lockMilliseconds = 10_000
const watchMilliseconds = 3_000
const pollMilliseconds = 100
const lockNotAvailable = '55P03'
const integrityErrors = /^23/

/**
 * Fills a database from an export in one transaction: completely or not at all. Afterwards the database holds exactly
 * what was exported: the workflows, tokens and installation created by a first start are gone, and the exported ones
 * are valid. Every trigger and constraint checks every row. Transaction ids are new, so feeds report everything as
 * changed. It is a move and not a restore: the first server records where the database is now.
 *
 * An empty database is first migrated to the version of the exported one, and at the end to that of this Pawl.
 *
 * @returns rows by table
 * @throws {@link DatabaseError} `EXPORT_INVALID`; `EXPORT_INCOMPATIBLE` if the migrations differ; `DATABASE_NOT_EMPTY`;
 * `DATABASE_IN_USE`; and everything that `migrate` throws
 */
export async function importDatabase(options: ImportOptions): Promise<RowCounts> {
  const { source, database, migrationsDir, log = silentLog } = options
  const { poolConfig, kind } = database
  await checkMigrations(options)
  await migrate(poolConfig, migrationsDir, log, source.header.migrations.at(-1)?.name)
  if (kind === 'given') await inPatientTransaction(poolConfig, 'BEGIN READ ONLY', refuseServed)
  const counts = await inPatientTransaction(poolConfig, 'BEGIN', (client) => fill(client, options))
  await migrate(poolConfig, migrationsDir, log)
  return counts
}

async function fill(client: Client, { source, onProgress, signal }: ImportOptions): Promise<RowCounts> {
  const tables = await listTables(client)
  await lock(client, tables)
  await refuseFilled(client, tables)
  for (const table of tables.toReversed())
    if (replaced.has(table.name)) await client.query(`DELETE FROM ${toSql(table)}`)
  const inserter = new RowInserter(client, tables)
  let rows = 0
  const counts = await source.readRows(async (row, line) => {
    signal?.throwIfAborted()
    await inserter.add(row, line)
    rows += 1
    if (rows % 1_000 === 0) onProgress?.(rows, row.table)
  })
  await inserter.flush()
  await checkDeferred(client)
  for (const table of tables) await client.query(`ANALYZE ${toSql(table)}`)
  return counts
}

/** Locks the tables. A server that starts during the import waits, and then finds the imported installation. */
async function lock(client: Client, tables: readonly Table[]): Promise<void> {
  await client.query(`SET LOCAL lock_timeout TO ${lockMilliseconds}`)
  try {
    await client.query(`LOCK TABLE ${tables.map(toSql).join(', ')} IN ACCESS EXCLUSIVE MODE`)
  } catch (error) {
    if (error instanceof PostgresError && error.code === lockNotAvailable) throw inUse()
    throw error
  }
}

async function refuseFilled(client: Client, tables: readonly Table[]): Promise<void> {
  for (const table of tables) {
    if (replaced.has(table.name)) continue
    const { rows } = await client.query(`SELECT FROM ${toSql(table)} LIMIT 1`)
    if (rows.length === 0) continue
    throw new DatabaseError(
      'DATABASE_NOT_EMPTY',
      `The database already has rows in "${table.name}". An export is imported whole, into a database without runs: name a ` +
        'new data directory (PAWL_DATA), or an empty database (DATABASE_URL).',
    )
  }
}

/**
 * Refuses a database whose servers' heartbeat, sent every second, advances; waits until a recent heartbeat has expired.
 */
async function refuseServed(client: Client): Promise<void> {
  const readTick = async (): Promise<number> => {
    const text = `SELECT extract(epoch from tick_at) * 1000 AS at,
      tick_at > clock_timestamp() - make_interval(secs => $1) AS fresh FROM installation`
    const { rows } = await client.query<{ at: string; fresh: boolean }>(text, [watchMilliseconds / 1_000])
    return rows[0]?.fresh === true ? Number(rows[0].at) : 0
  }
  const first = await readTick()
  for (let tick = first; tick !== 0; tick = await readTick()) {
    if (tick !== first) throw inUse()
    await delay(pollMilliseconds)
  }
}

function inUse(): DatabaseError {
  return new DatabaseError(
    'DATABASE_IN_USE',
    'A Pawl server is at work on the database. Stop it first, or import into another database.',
  )
}

/** Runs the deferred checks that would otherwise run at commit. */
async function checkDeferred(client: Client): Promise<void> {
  try {
    await client.query('SET CONSTRAINTS ALL IMMEDIATE')
  } catch (error) {
    if (!(error instanceof PostgresError) || !integrityErrors.test(error.code ?? '')) throw error
    throw invalid(`the database refuses what it holds: ${error.message} ${error.detail ?? ''}`.trimEnd())
  }
}

/** Checks that this Pawl knows the export's migrations, and that the target database has none beyond them. */
async function checkMigrations({ source, database, migrationsDir }: ImportOptions): Promise<void> {
  const { pawl, migrations: exported } = source.header
  const known = await readMigrations(migrationsDir)
  const isKnown = exported.every(({ name, checksum }, index) => {
    const migration = known[index]
    return migration?.name === name && matchesChecksum(migration, checksum)
  })
  if (!isKnown || exported.length === 0) {
    throw new DatabaseError(
      'EXPORT_INCOMPATIBLE',
      `This export was written by Pawl ${pawl}, whose migrations are not those of this Pawl. Import it with Pawl ${pawl}, or ` +
        'with a newer one.',
    )
  }
  const applied = await inPatientTransaction(database.poolConfig, 'BEGIN READ ONLY', readHistory)
  if (applied.length <= exported.length) return
  throw new DatabaseError(
    'EXPORT_INCOMPATIBLE',
    `This export was written by Pawl ${pawl}, before migrations that this database has already. Import it into a new data ` +
      'directory, or an empty database: that is migrated along with what is imported.',
  )
}
