import { Client } from 'pg'
import type { DatabaseHost } from './databaseHosts.ts'

/** A primary, and its timeline: PostgreSQL starts a higher one each time a standby is promoted. */
export interface Primary extends DatabaseHost {
  readonly timeline: number
}

/** The timeline is the start of the name of a file of the write-ahead log, in hexadecimal. */
const TIMELINE_DIGITS = 8
const FIND_FILE = `SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END AS file`

/**
 * Asks all hosts, and returns the primary. Two may believe to be it while one that was frozen or cut off has not learned that it was
 * replaced: the one with the latest timeline is.
 *
 * @param timeoutMs how long a host may take to answer, in milliseconds
 * @throws Error if no primary is reached, with what prevented it
 */
export async function findPrimary(hosts: readonly DatabaseHost[], timeoutMs: number): Promise<Primary> {
  const failures: unknown[] = []
  const asked = hosts.map((host) =>
    askHost(host, timeoutMs).catch((error: unknown) => void failures.push(error)),
  )
  const primaries = (await Promise.all(asked)).flatMap((primary) => primary ?? [])
  const [latest] = primaries.toSorted((a, b) => b.timeline - a.timeline)
  if (latest) return latest
  if (failures.length === 0) failures.push(new Error('all hosts are replicas'))
  const error = new AggregateError(failures, 'no host is a primary that can be reached')
  throw Object.assign(error, { code: 'ECONNREFUSED' })
}

/** The host as a primary; undefined if it is a replica. */
export async function askHost(host: DatabaseHost, timeoutMs: number): Promise<Primary | undefined> {
  const client = new Client({
    connectionString: host.url,
    application_name: 'pawl primary',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ file: string | null }>(FIND_FILE)
    const file = rows[0]?.file
    return file ? { ...host, timeline: Number.parseInt(file.slice(0, TIMELINE_DIGITS), 16) } : undefined
  } finally {
    // a host that does not answer takes no leave either
    client.connection.stream.destroy()
  }
}
