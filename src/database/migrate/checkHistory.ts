import type { ClientBase, Pool } from 'pg'
import { DatabaseError } from '../kit/databaseErrors.ts'
import { matchesChecksum } from './readMigrations.ts'
import type { Migration } from './readMigrations.ts'

/** A row of `_prisma_migrations`. */
export interface AppliedRow {
  migration_name: string
  checksum: string
  finished: boolean
}

/**
 * Compares a database's `_prisma_migrations` with Pawl's migrations.
 *
 * @returns the migrations still to be applied, in order
 * @throws {@link DatabaseError} if the histories differ: `MIGRATION_FAILED` (one began and never finished),
 * `MIGRATION_EDITED` (one was changed after it was applied), `MIGRATION_MISSING` (the database is ahead)
 */
export async function listPendingMigrations(
  client: Pool | ClientBase,
  migrations: readonly Migration[],
): Promise<Migration[]> {
  const applied = new Map((await readHistory(client)).map((row) => [row.migration_name, row]))
  const known = new Set(migrations.map((migration) => migration.name))
  const unknown = [...applied.keys()].filter((name) => !known.has(name))
  if (unknown.length > 0) throw aheadError(unknown)
  for (const migration of migrations) {
    const row = applied.get(migration.name)
    if (row?.finished === false) throw unfinishedError(migration.name)
    if (row && !matchesChecksum(migration, row.checksum)) throw editedError(migration.name)
  }
  return migrations.filter((migration) => !applied.has(migration.name))
}

/** The applied migrations, in order; empty if there are none. */
export async function readHistory(client: Pool | ClientBase): Promise<AppliedRow[]> {
  const found = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('public._prisma_migrations') IS NOT NULL AS exists`,
  )
  if (found.rows[0]?.exists !== true) return []
  const { rows } = await client.query<AppliedRow>(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished
       FROM public._prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
  )
  return rows
}

function aheadError(names: readonly string[]): DatabaseError {
  return new DatabaseError(
    'MIGRATION_MISSING',
    `The database has migrations this Pawl does not know (${names.join(', ')}): a newer Pawl migrated it. ` +
      'Upgrade this one, or use another database.',
  )
}

function unfinishedError(name: string): DatabaseError {
  return new DatabaseError(
    'MIGRATION_FAILED',
    `The migration ${name} began on this database and did not finish. Restore a backup from before it; or see what is ` +
      `there, mend it by hand, and tell: prisma migrate resolve --applied ${name} (or --rolled-back ${name}).`,
  )
}

function editedError(name: string): DatabaseError {
  return new DatabaseError(
    'MIGRATION_EDITED',
    `The migration ${name} was changed after it had been applied to this database. Put its migration.sql back as it ` +
      'was (install Pawl again) and write what you want to change as a new migration.',
  )
}
