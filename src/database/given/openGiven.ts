import type { Client, PoolConfig } from 'pg'
import { type DatabaseLog, silentLog } from '../kit/databaseLog.ts'
import { type Address, toAddress, unsupported, withConnection } from './address.ts'
import { findDurabilityGaps } from './findDurabilityGaps.ts'
import { findPooler } from './findPooler.ts'
import { findUnfitness } from './findUnfitness.ts'
import { hears } from './hears.ts'
import { keepsNames } from './keepsNames.ts'
import { UnnamedClient } from './unnamedClient.ts'

/** The settings that name a PostgreSQL of the user's. */
export interface GivenAddresses {
  /** `DATABASE_URL`: directly, or through a pooler. */
  readonly databaseUrl: string
  /** `DATABASE_LISTEN_URL`: the same database without a pooler that shares sessions. Default: `databaseUrl`. */
  readonly databaseListenUrl?: string | undefined
}

/** How to connect to a PostgreSQL of the user's. */
export interface GivenDatabase {
  /** For statements and transactions; a pooler may give each of them another session. */
  readonly poolConfig: PoolConfig
  /** For what belongs to a session: `LISTEN`, the lock of the migrations, long transfers. */
  readonly sessionConfig: PoolConfig
}

/**
 * Checks that the user's PostgreSQL can be reached and used, finds out what a pooler in between can do, and warns where it may lose what was
 * acknowledged. Of several hosts the primary is used, whichever that is at the time.
 *
 * @throws DatabaseError `DATABASE_UNREACHABLE`, or `DATABASE_UNSUPPORTED` if it is older than 14, read-only, not in UTF-8, behind a pooler in
 * statement mode, or in transaction mode without `databaseListenUrl`; or if that leads through such a pooler too, or to another
 * database
 */
export async function openGiven(
  { databaseUrl, databaseListenUrl }: GivenAddresses,
  log: DatabaseLog = silentLog,
): Promise<GivenDatabase> {
  const address = toAddress('DATABASE_URL', databaseUrl, log)
  const sessions = databaseListenUrl && toAddress('DATABASE_LISTEN_URL', databaseListenUrl, log)
  return withConnection(address, async (client) => {
    await refuseUnfit(client, address)
    const { isThere, sharing } = await findPooler(client, address)
    if (sharing === 'statement') throw unsupported(address, byStatement)
    if (!sessions) {
      if (sharing) throw unsupported(address, byTransaction)
      await warn(client, log)
      return { poolConfig: address.poolConfig, sessionConfig: address.poolConfig }
    }
    await withConnection(sessions, async (session) => {
      await refuseUnfit(session, sessions)
      if ((await findPooler(session, sessions)).sharing) throw unsupported(sessions, pooledToo)
      if (!(await hears(session, client))) throw unsupported(sessions, elsewhere)
      await warn(session, log)
    })
    // without names where the pooler was not caught sharing sessions: it may yet do so
    const named = !isThere || (await keepsNames(address))
    log.info({ pooler: isThere, named }, 'database.pool_completed')
    const poolConfig = named ? address.poolConfig : { ...address.poolConfig, Client: UnnamedClient }
    return { poolConfig, sessionConfig: sessions.poolConfig }
  })
}

const byStatement =
  'is reached through a pooler in statement mode, which has no transactions. Set pool_mode = transaction, or name PostgreSQL itself.'
const byTransaction =
  'is reached through a pooler that shares sessions (PgBouncer in transaction mode), where LISTEN and locks get lost. Set ' +
  'DATABASE_LISTEN_URL to the same database without the pooler, or name PostgreSQL itself in DATABASE_URL, or set pool_mode = session.'
const pooledToo =
  'is reached through a pooler that shares sessions, where LISTEN gets lost. Name PostgreSQL itself.'
const elsewhere =
  'is not the database of DATABASE_URL: a notification from there did not arrive. Name the same database of the same PostgreSQL in both.'

async function refuseUnfit(client: Client, address: Address): Promise<void> {
  const unfit = await findUnfitness(client)
  if (unfit !== undefined) throw unsupported(address, unfit)
}

async function warn(client: Client, log: DatabaseLog): Promise<void> {
  for (const reason of await findDurabilityGaps(client)) log.warn({ reason }, 'database.durability_rejected')
}
