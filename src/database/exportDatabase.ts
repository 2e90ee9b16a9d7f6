import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { escapeIdentifier, escapeLiteral } from 'pg'
import type { Client, PoolConfig } from 'pg'
import { listPendingMigrations, readHistory } from './migrate/checkHistory.ts'
import { DatabaseError } from './kit/databaseErrors.ts'
import { readMigrations } from './migrate/readMigrations.ts'
import { EXPORT_FORMAT, frameRow, printFooter, printHeader } from './transfer/exportFormat.ts'
import { listTables, toSql } from './transfer/listTables.ts'
import type { Table } from './transfer/listTables.ts'
import { inPatientTransaction } from './kit/patientTransaction.ts'
import { streamRows } from './transfer/streamRows.ts'

/** Options of {@link exportDatabase}. */
export interface ExportOptions {
  /** The database; servers may be using it. */
  readonly poolConfig: PoolConfig
  /** The folder `prisma/migrations`. */
  readonly migrationsDir: string
  /** Version of Pawl, for the header. */
  readonly version: string
  /** Receives the export; ended when it is complete, destroyed if it fails. */
  readonly output: Writable
  /** Compresses the export. Default: no. */
  readonly gzip?: boolean
  /** Called periodically with the number of rows written. */
  readonly onProgress?: (rows: number, table: string) => void
  /** Aborts the export. */
  readonly signal?: AbortSignal
}

/** Rows by table, including tables without rows. */
export type RowCounts = Readonly<Record<string, number>>

const snapshot = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
const chunkCharacters = 65_536

/**
 * Writes the whole content of a database as lines of JSON (see `exportFormat.ts`), at one snapshot of all tables,
 * unaffected by concurrent changes. Memory stays bounded for any size: a slow output slows the reading down.
 *
 * The export contains the installation's secret and the hashes of all tokens.
 *
 * @returns how many rows it wrote
 * @throws {@link DatabaseError} `MIGRATION_MISSING` if the database is not Pawl's, or is a newer Pawl's
 */
export async function exportDatabase(options: ExportOptions): Promise<RowCounts> {
  const { poolConfig, output, gzip = false, signal } = options
  return inPatientTransaction(poolConfig, snapshot, async (client) => {
    const counts: Record<string, number> = {}
    const lines = Readable.from(writeLines(client, options, counts), { objectMode: false })
    const through = gzip ? [createGzip()] : []
    await pipeline([lines, ...through, output], { ...(signal && { signal }) })
    return counts
  })
}

async function* writeLines(
  client: Client,
  options: ExportOptions,
  counts: Record<string, number>,
): AsyncGenerator<Buffer> {
  const digest = createHash('sha256')
  for await (const chunk of gather(writeRows(client, options, counts))) {
    digest.update(chunk)
    yield chunk
  }
  const footer = printFooter({ rows: counts, sha256: digest.digest('hex') })
  yield Buffer.from(`${footer}\n`)
}

async function* writeRows(
  client: Client,
  { migrationsDir, version, onProgress }: ExportOptions,
  counts: Record<string, number>,
): AsyncGenerator<string> {
  const migrations = await readApplied(client, migrationsDir)
  yield printHeader({ format: EXPORT_FORMAT, pawl: version, at: new Date().toISOString(), migrations })
  let rows = 0
  for (const table of await listTables(client)) {
    let count = 0
    for await (const line of streamRows(client, selectLines(table)) as AsyncIterable<string>) {
      yield line
      count += 1
      rows += 1
      if (rows % 1_000 === 0) onProgress?.(rows, table.name)
    }
    counts[table.name] = count
  }
}

/**
 * The migrations applied to the database.
 *
 * @throws {@link DatabaseError} `MIGRATION_MISSING` if this Pawl cannot read the database
 */
async function readApplied(client: Client, migrationsDir: string) {
  const known = await readMigrations(migrationsDir)
  const pending = await listPendingMigrations(client, known)
  if (pending.length === known.length) {
    throw new DatabaseError(
      'MIGRATION_MISSING',
      'There is nothing to export: no Pawl has worked on this database yet. Name the right one (PAWL_DATA, DATABASE_URL).',
    )
  }
  return (await readHistory(client)).map(({ migration_name: name, checksum }) => ({ name, checksum }))
}

/** Joins lines into chunks. */
async function* gather(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let chunk = ''
  for await (const line of lines) {
    chunk += `${line}\n`
    if (chunk.length < chunkCharacters) continue
    yield Buffer.from(chunk)
    chunk = ''
  }
  if (chunk !== '') yield Buffer.from(chunk)
}

/** SQL for the lines of a table, in the order in which they must be imported. */
function selectLines(table: Table): string {
  const [before, after] = frameRow(table.name)
  const columns = table.columns.map(({ name }) => {
    const column = escapeIdentifier(name)
    const key = escapeLiteral(`${JSON.stringify(name)}:`)
    return `CASE WHEN ${column} IS NOT NULL THEN ${key} || to_json(${column})::text END`
  })
  const order = table.key.length > 0 ? ` ORDER BY ${table.key.map(escapeIdentifier).join(', ')}` : ''
  return `SELECT ${escapeLiteral(before)} || concat_ws(',', ${columns.join(', ')}) || ${escapeLiteral(after)}
    FROM ${toSql(table)}${order}`
}
