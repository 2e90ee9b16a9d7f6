import { randomUUID } from 'node:crypto'
import type { ClientBase } from 'pg'
import { DatabaseError } from '../kit/databaseErrors.ts'
import type { Migration } from './readMigrations.ts'

/**
 * The row that Prisma writes for an applied migration. `started_at` increases from row to row and defines the order.
 */
const RECORD = `
INSERT INTO public._prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
VALUES ($1, $2, $3, $4, clock_timestamp(), 1)`

/**
 * Ends the sessions in which other servers have prepared statements. PostgreSQL refuses a statement for good once its result has grown by a
 * column, which servers of some versions prepare; they open new sessions and prepare anew. Those of other users are left alone.
 */
const END_PREPARED = `
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND application_name = 'pawl' AND pid <> pg_backend_pid()`

/**
 * Applies a migration and writes its row in one transaction. The script is one simple-protocol query, which PostgreSQL
 * itself splits into statements.
 *
 * @throws {@link DatabaseError} `MIGRATION_FAILED`: it was rolled back completely
 */
export async function applyMigration(client: ClientBase, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query('BEGIN')
    const { rows } = await client.query<{ at: string }>('SELECT clock_timestamp()::text AS at')
    await client.query(sql)
    await client.query(RECORD, [randomUUID(), checksum, name, rows[0]?.at])
    // before the tables can be used again
    await client.query(END_PREPARED)
    await client.query('COMMIT')
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined)
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new DatabaseError(
      'MIGRATION_FAILED',
      `The migration ${name} failed and was undone, nothing of it remains: ${message}. Remove what it stumbled on and ` +
        'start again.',
      { cause },
    )
  }
}
