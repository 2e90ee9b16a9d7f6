import { bool, type Connection, prepare, query } from './statement.ts'

const CAN_WRITE = prepare({
  name: 'can-write',
  row: {
    can: bool,
  },
  text: `SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean AS can`,
})

/** Whether the database accepts writes: false for a replica and for a read-only database. */
export async function canWrite(connection: Connection): Promise<boolean> {
  const [row] = await query(connection, CAN_WRITE, [])
  return row?.can === true
}
