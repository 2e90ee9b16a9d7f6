import type { Client } from 'pg'
import { type Address, withConnection } from './address.ts'

/** How a pooler shares the sessions of PostgreSQL between its clients: for a transaction or a statement each. */
export type Sharing = 'transaction' | 'statement'

/** What is between a connection and PostgreSQL. */
export interface Pooler {
  /** Whether anything is. */
  readonly isThere: boolean
  /** How it was seen to share sessions; undefined if it was not. */
  readonly sharing: Sharing | undefined
}

/**
 * How often to look whether sessions are shared: other clients of a pooler may have taken the session that would reveal it. Many times where a
 * pooler is known to be there.
 */
const looks = { direct: 3, pooled: 20 }
const limits = { query_timeout: 5_000 }

/**
 * Finds out whether connections are separate sessions. Two simultaneous connections served by one process, or one connection served by several
 * processes, reveal that they are not. A pooler such as PgBouncer names another process when it accepts a connection than the
 * one that executes its statements.
 */
export async function findPooler(client: Client, address: Address): Promise<Pooler> {
  const isThere = announcedPid(client) !== (await pidOf(client))
  const sharing = await withConnection(address, (other) => findSharing(client, other, isThere), limits)
  return { isThere: isThere || sharing !== undefined, sharing }
}

async function findSharing(client: Client, other: Client, isPooled: boolean): Promise<Sharing | undefined> {
  try {
    const own = await pidOf(client)
    for (let look = 0; look < (isPooled ? looks.pooled : looks.direct); look += 1) {
      await other.query('BEGIN')
      if ((await pidOf(other)) === own) return 'transaction'
      await other.query('COMMIT')
      if ((await pidOf(client)) !== own) return 'transaction'
    }
    return undefined
  } catch (error) {
    // a pooler in statement mode refuses transactions, and one with a single session makes the second connection wait
    const message = error instanceof Error ? error.message : ''
    if (message.includes('statement pooling')) return 'statement'
    if (/query_wait_timeout|Query read timeout/.test(message)) return 'transaction'
    throw error
  }
}

/** The process that was named when the connection was accepted. */
function announcedPid(client: Client): number | null {
  return (client as Client & { readonly processID: number | null }).processID
}

/** The process that executes the connection's statements. */
export async function pidOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid ?? 0
}
