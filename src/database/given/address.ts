import { Client } from 'pg'
import type { PoolConfig } from 'pg'
import { DatabaseError } from '../kit/databaseErrors.ts'
import type { DatabaseLog } from '../kit/databaseLog.ts'
import { listHosts } from './databaseHosts.ts'
import { followPrimary } from './followPrimary.ts'

const connectMilliseconds = 10_000

/** Where the user's PostgreSQL is, by one of the settings. */
export interface Address {
  /** The variable that names it, for messages. */
  readonly variable: 'DATABASE_URL' | 'DATABASE_LISTEN_URL'
  readonly url: string
  /** How to connect to it; of several hosts to the primary, whichever that is at the time. */
  readonly poolConfig: PoolConfig
}

/** Reads an address; nothing is connected yet. */
export function toAddress(variable: Address['variable'], url: string, log: DatabaseLog): Address {
  const hosts = listHosts(url)
  const poolConfig = hosts.length > 1 ? followPrimary(hosts, log) : { connectionString: url }
  return { variable, url, poolConfig }
}

/**
 * Runs `work` on a connection of its own, which is ended afterwards.
 *
 * @param limits more options of the connection
 * @throws {@link DatabaseError} `DATABASE_UNREACHABLE` if it can't be opened, or breaks
 */
export async function withConnection<T>(
  address: Address,
  work: (client: Client) => Promise<T>,
  limits: PoolConfig = {},
): Promise<T> {
  const client = new Client({
    connectionTimeoutMillis: connectMilliseconds,
    ...address.poolConfig,
    ...limits,
  })
  // an error between queries surfaces in the next one
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } catch (cause) {
    if (cause instanceof DatabaseError) throw cause
    throw unreachable(address, cause)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Refuses an address whose PostgreSQL does not fit, for a reason that follows its name: `is a read-only replica. …`. */
export function unsupported(address: Address, reason: string): DatabaseError {
  return new DatabaseError(
    'DATABASE_UNSUPPORTED',
    `The PostgreSQL at ${describe(address)} (${address.variable}) ${reason}`,
  )
}

function unreachable(address: Address, cause: unknown): DatabaseError {
  const { variable } = address
  const otherwise = variable === 'DATABASE_URL' ? ', or unset it to use the embedded one' : ''
  return new DatabaseError(
    'DATABASE_UNREACHABLE',
    `The PostgreSQL at ${describe(address)} does not let Pawl in: ${messageOf(cause)}. Check ${variable} ` +
      `(postgresql://USER:PASSWORD@HOST:PORT/DATABASE) and that the server runs${otherwise}.`,
    { cause },
  )
}

/** The address without user and password. */
function describe({ variable, url }: Address): string {
  const hosts = listHosts(url)
  if (hosts.length > 1) return hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
  if (!URL.canParse(url)) return `the address in ${variable}`
  const { host, pathname } = new URL(url)
  return `${host}${pathname}`
}

/** A host name with several addresses fails with an AggregateError that has one error each and an empty message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
