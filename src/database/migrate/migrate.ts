import { Client } from 'pg'
import type { PoolConfig } from 'pg'
import { applyMigration } from './applyMigration.ts'
import { listPendingMigrations } from './checkHistory.ts'
import { createHistory } from './createHistory.ts'
import { DatabaseError } from '../kit/databaseErrors.ts'
import { silentLog } from '../kit/databaseLog.ts'
import type { DatabaseLog } from '../kit/databaseLog.ts'
import { readMigrations } from './readMigrations.ts'

/** The key of Prisma's own lock, so that `prisma migrate deploy` and Pawl exclude each other. */
const migrationLockKey = 72_707_369

/**
 * Applies the migrations that a database lacks, in Prisma's format and with its table `_prisma_migrations`.
 *
 * Any number of servers may call this concurrently: one migrates, the others wait and then find nothing to do. Each
 * migration and its row in the table are one transaction, so a crash or failure leaves nothing half applied.
 *
 * @param poolConfig the database; its user must be allowed to create tables in the schema `public`
 * @param migrationsDir the folder `prisma/migrations`
 * @param last the name of the last migration to apply; default: all of them
 * @returns the names of the migrations that this call applied, in order; empty if there were none
 * @throws {@link DatabaseError} `MIGRATION_FAILED`, `MIGRATION_EDITED`, `MIGRATION_MISSING` or `DATABASE_UNSUPPORTED`
 */
export async function migrate(
  poolConfig: PoolConfig,
  migrationsDir: string,
  log: DatabaseLog = silentLog,
  last?: string,
): Promise<string[]> {
  const migrations = (await readMigrations(migrationsDir)).filter(({ name }) => !last || name <= last)
  if (migrations.length === 0) {
    throw new DatabaseError(
      'MIGRATION_MISSING',
      `There are no migrations in ${migrationsDir}. Install Pawl again.`,
    )
  }
  // one connection throughout: if it is lost, so is the lock, and nothing more can be applied
  const client = new Client({ ...poolConfig, application_name: 'pawl migrate' })
  // an error between queries surfaces in the next one
  client.on('error', () => undefined)
  try {
    await client.connect()
    if ((await listPendingMigrations(client, migrations)).length === 0) return []
    await takeLock(client, log)
    await createHistory(client)
    const pending = await listPendingMigrations(client, migrations)
    const isNew = pending.length === migrations.length
    for (const migration of pending) {
      await applyMigration(client, migration)
      if (!isNew) log.info({ migration: migration.name }, 'database.migration_completed')
    }
    if (isNew) log.info({ migrations: pending.length }, 'database.create_completed')
    return pending.map(({ name }) => name)
  } finally {
    await client.end()
  }
}

/** Acquires the migration lock, which is held until the connection ends. */
async function takeLock(client: Client, log: DatabaseLog): Promise<void> {
  await client.query(`SET timezone TO 'UTC'`)
  const { rows } = await client.query<{ granted: boolean }>('SELECT pg_try_advisory_lock($1) AS granted', [
    migrationLockKey,
  ])
  if (rows[0]?.granted === true) return
  log.info({ reason: 'another server is migrating' }, 'database.migration_skipped')
  await client.query('SELECT pg_advisory_lock($1)', [migrationLockKey])
}
