import { type Connection, float, nullable, prepare, query } from '../../sql/statement.ts'

const NEXT_DUE = prepare({
  name: 'next-due',
  row: {
    ms: nullable(float),
  },
  text: `
SELECT round(extract(epoch from least(min(due_at), min(lease_expires_at)) - clock_timestamp()) * 1000)::float8 AS ms
FROM run WHERE settled_at IS NULL`,
})

/** Milliseconds, at least 0, until something may be due; null if nothing ever is. */
export async function untilNextDue(connection: Connection): Promise<number | null> {
  const [row] = await query(connection, NEXT_DUE, [])
  return row?.ms == null ? null : Math.max(0, row.ms)
}
