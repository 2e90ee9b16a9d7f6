import { Client } from 'pg'
import type { PoolConfig } from 'pg'

/** Whatever limits the database has for everyday statements; those that a version does not know are left out. */
const withoutLimits = `
SELECT set_config(name, '0', true) FROM pg_settings
WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`

/**
 * Does something that may last, in one transaction on a connection of its own: all of it is kept, or none. Times are told in
 * UTC.
 *
 * @param begin how it begins: `BEGIN` and its modes
 */
export async function inPatientTransaction<T>(
  poolConfig: PoolConfig,
  begin: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ ...poolConfig, application_name: 'pawl transfer', keepAlive: true })
  // one between two statements surfaces in the next
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(begin)
    await client.query(withoutLimits)
    await client.query(`SET LOCAL TimeZone TO 'UTC'`)
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } finally {
    // ends the transaction, too, where it was not committed
    await client.end()
  }
}
