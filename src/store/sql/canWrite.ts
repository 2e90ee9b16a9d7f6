import { type Connection, type Prepared, query } from './openStore.ts'

const CAN_WRITE: Prepared = {
  name: 'can-write',
  text: `SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean AS can`,
}

/** Whether the database takes writes: false for a replica, and for one that was set to read-only. */
export async function canWrite(connection: Connection): Promise<boolean> {
  const [row] = await query<{ can: boolean }>(connection, CAN_WRITE, [])
  return row?.can === true
}
