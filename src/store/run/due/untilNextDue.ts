import { type Prepared, type Connection, query } from '../../sql/openStore.ts'

const NEXT_DUE: Prepared = {
  name: 'next-due',
  text: `
SELECT round(extract(epoch from least(min(due_at), min(lease_expires_at)) - clock_timestamp()) * 1000)::float8 AS ms
FROM run WHERE settled_at IS NULL`,
}

/** How long until something may be due, in milliseconds, at least 0; null where nothing ever is. */
export async function untilNextDue(connection: Connection): Promise<number | null> {
  const [row] = await query<{ ms: number | null }>(connection, NEXT_DUE, [])
  return row?.ms == null ? null : Math.max(0, row.ms)
}
