import type { Instant } from '../../lifecycle/run/run.ts'
import { type Connection, type Prepared, query } from './openStore.ts'

const CLOCK: Prepared = { name: 'clock', text: 'SELECT clock_timestamp() AS now' }

/** The database's clock, the only one that leases and limits are judged by. */
export async function readClock(connection: Connection): Promise<Instant> {
  const [row] = await query<{ now: Date }>(connection, CLOCK, [])
  if (!row) throw new Error('the database told no time')
  return row.now.getTime()
}
