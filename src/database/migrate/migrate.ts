import { Client } from 'pg'
import type { PoolConfig } from 'pg'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'
import { listPendingMigrations } from './checkHistory.ts'
import { DatabaseError } from '../kit/databaseErrors.ts'
import { silentLog } from '../kit/databaseLog.ts'
import type { DatabaseLog } from '../kit/databaseLog.ts'
import type { EnginePool } from '../kit/enginePool.ts'
import { listForEngine, readMigrations } from './readMigrations.ts'
import type { Migration } from './readMigrations.ts'
import { withSchemaEngine } from './schemaEngine.ts'

/** Prisma's own lock, so that `prisma migrate deploy` and Pawl exclude each other too. */
const migrationLockKey = 72_707_369

/** Prisma's code for a database that holds other tables and no history. */
const notEmptyCode = 'P3005'

/**
 * Applies the migrations that a database lacks, in Prisma's format and with its table `_prisma_migrations`.
 *
 * Any number of servers may call this at once: one migrates, the others wait for it and then find nothing to do. Each
 * migration is one transaction together with its line in the table, so a crash or a failure leaves no half of it.
 *
 * @param poolConfig the database; its user must be allowed to create tables in the schema `public`
 * @param migrationsDir the folder `prisma/migrations`
 * @param last the name of the last one to apply; default: all of them
 * @returns the names of the migrations that this call applied, in order; empty where there was nothing to do
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
      `There are no migrations in ${migrationsDir}. Install Pawl anew.`,
    )
  }
  // loading the engine costs more than looking
  if ((await lookForPending(poolConfig, migrations)).length === 0) return []
  return withSchemaEngine(poolConfig, async (engine, pool) => {
    await takeLock(pool, log)
    const pending = await listPendingMigrations(pool, migrations)
    for (const migration of pending) {
      const upToThis = migrations.slice(0, migrations.indexOf(migration) + 1)
      await applyLast(engine, pool, migrationsDir, upToThis)
      log.info({ migration: migration.name }, 'database.migration_completed')
    }
    return pending.map((migration) => migration.name)
  })
}

async function lookForPending(
  poolConfig: PoolConfig,
  migrations: readonly Migration[],
): Promise<Migration[]> {
  const client = new Client(poolConfig)
  // an error between queries surfaces in the next one
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await listPendingMigrations(client, migrations)
  } finally {
    await client.end()
  }
}

/** Held until the connection ends. */
async function takeLock(pool: EnginePool, log: DatabaseLog): Promise<void> {
  await pool.query(`SET timezone TO 'UTC'`)
  const { rows } = await pool.query<{ granted: boolean }>('SELECT pg_try_advisory_lock($1) AS granted', [
    migrationLockKey,
  ])
  if (rows[0]?.granted === true) return
  log.info({ reason: 'another server is migrating' }, 'database.migration_skipped')
  await pool.query('SELECT pg_advisory_lock($1)', [migrationLockKey])
}

/** Applies the last of `migrations`; those before it are applied already. */
async function applyLast(
  engine: SchemaEngine,
  pool: EnginePool,
  migrationsDir: string,
  migrations: readonly Migration[],
): Promise<void> {
  await pool.query('BEGIN')
  try {
    await engine.applyMigrations({
      migrationsList: listForEngine(migrationsDir, migrations),
      filters: { externalTables: [], externalEnums: [] },
    })
    await pool.query('COMMIT')
  } catch (error) {
    const cause = pool.firstError ?? error
    await pool.query('ROLLBACK').catch(() => undefined)
    throw failedError(migrations.at(-1)?.name ?? '', cause)
  }
}

function failedError(name: string, cause: unknown): DatabaseError {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (cause instanceof Error && 'code' in cause && cause.code === notEmptyCode) {
    return new DatabaseError(
      'DATABASE_UNSUPPORTED',
      "The database is not empty, and what it holds is not Pawl's. Create a database of its own for Pawl " +
        '(CREATE DATABASE pawl) and name that one in DATABASE_URL.',
      { cause },
    )
  }
  return new DatabaseError(
    'MIGRATION_FAILED',
    `The migration ${name} failed and was undone, nothing of it remains: ${message}. Remove what it stumbled on and ` +
      'start again.',
    { cause },
  )
}
