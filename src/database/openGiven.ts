import { Client } from 'pg'
import type { PoolConfig } from 'pg'
import { findDurabilityGaps } from './findDurabilityGaps.ts'
import { DatabaseError } from './kit/databaseErrors.ts'
import { listHosts } from './kit/databaseHosts.ts'
import { type DatabaseLog, silentLog } from './kit/databaseLog.ts'
import { followPrimary } from './kit/followPrimary.ts'

const oldestVersion = 140_000
const connectMilliseconds = 10_000

/**
 * Checks that the PostgreSQL of a `DATABASE_URL` can be reached and used, and warns where it may lose what was acknowledged. Of several
 * hosts the primary is used, whichever that is at the time.
 *
 * @returns how to connect to it
 * @throws {@link DatabaseError} `DATABASE_UNREACHABLE`, or `DATABASE_UNSUPPORTED` if it is older than 14, read-only,
 * not in UTF-8, or behind a pooler in transaction or statement mode
 */
export async function openGiven(databaseUrl: string, log: DatabaseLog = silentLog): Promise<PoolConfig> {
  const hosts = listHosts(databaseUrl)
  const poolConfig = hosts.length > 1 ? followPrimary(hosts, log) : { connectionString: databaseUrl }
  const client = await connect(poolConfig, databaseUrl)
  try {
    const unfit = (await findUnfitness(client)) ?? (await findPooler(client, poolConfig, databaseUrl))
    if (unfit === undefined) {
      for (const reason of await findDurabilityGaps(client))
        log.warn({ reason }, 'database.durability_rejected')
      return poolConfig
    }
    throw new DatabaseError('DATABASE_UNSUPPORTED', `The PostgreSQL at ${describe(databaseUrl)} ${unfit}`)
  } catch (cause) {
    if (cause instanceof DatabaseError) throw cause
    throw unreachable(databaseUrl, cause)
  } finally {
    await client.end().catch(() => undefined)
  }
}

interface Facts {
  readonly version: number
  readonly isReplica: boolean
  readonly isReadOnly: boolean
  readonly encoding: string
}

async function findUnfitness(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<Facts>(
    `SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS "isReplica",
      current_setting('transaction_read_only')::boolean AS "isReadOnly", current_setting('server_encoding') AS encoding`,
  )
  const { version = 0, isReplica = false, isReadOnly = false, encoding = '' } = rows[0] ?? {}
  if (version < oldestVersion)
    return 'is older than 14. Upgrade it, or unset DATABASE_URL to use the embedded one.'
  if (isReplica) return 'is a read-only replica. Name the primary in DATABASE_URL.'
  if (isReadOnly) {
    return (
      'is read-only for this user (default_transaction_read_only is on). Turn that off (ALTER DATABASE … RESET ' +
      'default_transaction_read_only, the same of the role, PGOPTIONS), or name another database in DATABASE_URL.'
    )
  }
  if (encoding !== 'UTF8') {
    return (
      `holds a database in ${encoding}, which can't keep every text. Make one in UTF-8 (CREATE DATABASE pawl ` +
      'ENCODING UTF8 TEMPLATE template0), and name that in DATABASE_URL.'
    )
  }
  return undefined
}

/** How often to look for a pooler: its other clients may have taken the session that would reveal it. */
const looks = 3
const poolerLimits = { connectionTimeoutMillis: connectMilliseconds, query_timeout: 5_000 }

/**
 * Returns a message if connections are not separate sessions; undefined otherwise. Two simultaneous connections served
 * by one process, or one connection served by several processes, reveal a pooler.
 */
async function findPooler(
  client: Client,
  poolConfig: PoolConfig,
  databaseUrl: string,
): Promise<string | undefined> {
  const other = await connect({ ...poolConfig, ...poolerLimits }, databaseUrl)
  try {
    const own = await pidOf(client)
    for (let look = 0; look < looks; look += 1) {
      await other.query('BEGIN')
      const isShared = (await pidOf(other)) === own
      if (isShared) return pooled
      await other.query('COMMIT')
      if ((await pidOf(client)) !== own) return pooled
    }
    return undefined
  } catch (error) {
    // a pooler in statement mode refuses transactions, and one with a single session makes the second connection wait
    if (
      error instanceof Error &&
      /statement pooling|query_wait_timeout|Query read timeout/.test(error.message)
    )
      return pooled
    throw error
  } finally {
    await other.end().catch(() => undefined)
  }
}

const pooled =
  'is reached through a pooler that shares sessions (PgBouncer in transaction or statement mode), where prepared ' +
  'statements, locks and LISTEN get lost. Name PostgreSQL itself in DATABASE_URL, or set pool_mode = session.'

async function pidOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid ?? 0
}

async function connect(poolConfig: PoolConfig, databaseUrl: string): Promise<Client> {
  try {
    const client = new Client({ connectionTimeoutMillis: connectMilliseconds, ...poolConfig })
    client.on('error', () => undefined)
    await client.connect()
    return client
  } catch (cause) {
    throw unreachable(databaseUrl, cause)
  }
}

function unreachable(databaseUrl: string, cause: unknown): DatabaseError {
  return new DatabaseError(
    'DATABASE_UNREACHABLE',
    `The PostgreSQL at ${describe(databaseUrl)} does not let Pawl in: ${messageOf(cause)}. Check DATABASE_URL ` +
      '(postgresql://USER:PASSWORD@HOST:PORT/DATABASE) and that the server runs, or unset it to use the embedded one.',
    { cause },
  )
}

/** The address without user and password, for messages. */
function describe(databaseUrl: string): string {
  const hosts = listHosts(databaseUrl)
  if (hosts.length > 1) return hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
  if (!URL.canParse(databaseUrl)) return 'the address in DATABASE_URL'
  const { host, pathname } = new URL(databaseUrl)
  return `${host}${pathname}`
}

/** A host name with several addresses fails with an AggregateError that has one error each and an empty message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
