import type { Instant } from '../../lifecycle/run/run.ts'
import { type Connection, moment, prepare, query } from './statement.ts'

const CLOCK = prepare({
  name: 'clock',
  row: {
    now: moment,
  },
  text: 'SELECT clock_timestamp() AS now',
})

/** The database's clock, the only one that leases and timeouts are judged by. */
export async function readClock(connection: Connection): Promise<Instant> {
  const [row] = await query(connection, CLOCK, [])
  if (!row) throw new Error('the database returned no time')
  return row.now.getTime()
}
