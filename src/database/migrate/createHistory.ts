import type { ClientBase } from 'pg'
import { DatabaseError } from '../kit/databaseErrors.ts'

/** Whether the history table exists, and whether the schema holds tables or enums that belong to no extension. */
const LOOK = `
SELECT to_regclass('public._prisma_migrations') IS NOT NULL AS history, EXISTS (
  SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
) OR EXISTS (
  SELECT FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'e'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
) AS used`

/** The table as Prisma creates it. */
const CREATE = `
CREATE TABLE public._prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`

/**
 * Creates the history table unless it exists.
 *
 * @throws {@link DatabaseError} `DATABASE_UNSUPPORTED` if the database holds tables but no history
 */
export async function createHistory(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ history: boolean; used: boolean }>(LOOK)
  if (rows[0]?.history) return
  if (rows[0]?.used) {
    throw new DatabaseError(
      'DATABASE_UNSUPPORTED',
      "The database is not empty, and what it holds is not Pawl's. Create a database of its own for Pawl " +
        '(CREATE DATABASE pawl) and name that one in DATABASE_URL.',
    )
  }
  await client.query(CREATE)
}
