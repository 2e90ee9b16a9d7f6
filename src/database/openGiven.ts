import { Client } from 'pg'
import type { PoolConfig } from 'pg'
import { DatabaseError } from './databaseErrors.ts'

const oldestVersion = 140_000
const connectMilliseconds = 10_000

/**
 * Checks that the PostgreSQL of a `DATABASE_URL` can be reached and used.
 *
 * @returns how to connect to it
 * @throws {@link DatabaseError} `DATABASE_UNREACHABLE`, or `DATABASE_UNSUPPORTED` for one older than 14 or read-only
 */
export async function openGiven(databaseUrl: string): Promise<PoolConfig> {
  const poolConfig = { connectionString: databaseUrl }
  const client = await connect(poolConfig, databaseUrl)
  try {
    const { rows } = await client.query<{ version: number; readonly: boolean }>(
      `SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS readonly`,
    )
    if ((rows[0]?.version ?? 0) < oldestVersion) {
      throw new DatabaseError(
        'DATABASE_UNSUPPORTED',
        `The PostgreSQL at ${describe(databaseUrl)} is older than 14. Upgrade it, or unset DATABASE_URL to use the ` +
          'embedded one.',
      )
    }
    if (rows[0]?.readonly === true) {
      throw new DatabaseError(
        'DATABASE_UNSUPPORTED',
        `The PostgreSQL at ${describe(databaseUrl)} is a read-only replica. Name the primary in DATABASE_URL.`,
      )
    }
    return poolConfig
  } finally {
    await client.end()
  }
}

async function connect(poolConfig: PoolConfig, databaseUrl: string): Promise<Client> {
  try {
    const client = new Client({ ...poolConfig, connectionTimeoutMillis: connectMilliseconds })
    client.on('error', () => undefined)
    await client.connect()
    return client
  } catch (cause) {
    throw new DatabaseError(
      'DATABASE_UNREACHABLE',
      `The PostgreSQL at ${describe(databaseUrl)} does not let Pawl in: ${messageOf(cause)}. Check DATABASE_URL ` +
        '(postgresql://USER:PASSWORD@HOST:PORT/DATABASE) and that the server runs, or unset it to use the embedded one.',
      { cause },
    )
  }
}

/** The address without user and password, for messages. */
function describe(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'the address in DATABASE_URL'
  const { host, pathname } = new URL(databaseUrl)
  return `${host}${pathname}`
}

/** A host name with several addresses fails with one error each, under a message that is empty. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
