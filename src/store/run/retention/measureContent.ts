import { type Connection, float, prepare, query } from '../../sql/statement.ts'

/** Bytes that hold what agents and people said, with the few of the names and ids beside it. */
const SIZE = prepare({
  name: 'measure-content',
  row: { bytes: float },
  text: `
SELECT coalesce(sum(
    coalesce(pg_column_size(r.input), 0) + coalesce(pg_column_size(r.output), 0)
    + coalesce((SELECT sum(pg_column_size(e.payload) + coalesce(pg_column_size(e.request), 0)) FROM event e WHERE e.run_id = r.id), 0)
    + coalesce((SELECT sum(pg_column_size(f.content)) FROM artifact f WHERE f.run_id = r.id), 0)
    + coalesce((SELECT sum(coalesce(pg_column_size(n.text), 0) + coalesce(pg_column_size(n.title), 0) + pg_column_size(n.data))
        FROM session s JOIN entry n ON n.session_id = s.id WHERE s.run_id = r.id), 0)
  ), 0)::float8 AS bytes
FROM run r WHERE r.id = ANY($1::text[])`,
})

/** How many bytes the logs, transcripts and artifacts of runs take in the database, as stored. */
export async function measureContent(connection: Connection, ids: readonly string[]): Promise<number> {
  const [row] = await query(connection, SIZE, [ids])
  return row?.bytes ?? 0
}
