import { type Connection, prepare, query } from '../sql/statement.ts'

const FORGET = prepare({
  name: 'forget-workers',
  row: {},
  text: `
DELETE FROM worker WHERE id IN (
  SELECT id FROM worker WHERE heard_at <= clock_timestamp() - make_interval(secs => $1)
  ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
)`,
})

/** Forgets workers that were not heard for this long. */
export async function forgetWorkers(connection: Connection, seconds: number, limit: number): Promise<void> {
  await query(connection, FORGET, [seconds, limit])
}
