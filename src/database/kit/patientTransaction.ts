import { Client } from 'pg'
import type { PoolConfig } from 'pg'

/** Disables the database's timeouts for ordinary statements; those unknown to the server's version are skipped. */
const withoutLimits = `
SELECT set_config(name, '0', true) FROM pg_settings
WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`

/**
 * Runs `work`, which may take long, in one transaction on a separate connection; rolls back if it throws. Timestamps
 * are in UTC.
 *
 * @param begin the `BEGIN` statement with its modes
 */
export async function inPatientTransaction<T>(
  poolConfig: PoolConfig,
  begin: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ ...poolConfig, application_name: 'pawl transfer', keepAlive: true })
  // an error between two statements surfaces in the next one
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
    // also rolls back an uncommitted transaction
    await client.end()
  }
}
