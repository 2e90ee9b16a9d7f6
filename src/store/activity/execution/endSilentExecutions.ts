import { column, type Connection, prepare, query } from '../../sql/statement.ts'

const END_SILENT = prepare({
  name: 'end-silent-executions',
  row: {
    id: column('execution', 'id'),
  },
  text: `
UPDATE execution SET "end" = 'SUPERVISOR_LOST', ended_at = clock_timestamp()
WHERE id IN (
  SELECT id FROM execution
  WHERE run_id IS NULL AND "end" IS NULL AND coalesce(touched_at, started_at) <= clock_timestamp() - make_interval(secs => $1)
  ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING id`,
})

/** Ends executions without a run whose supervisor has sent no heartbeat for `seconds`. Returns their ids. */
export async function endSilentExecutions(
  connection: Connection,
  seconds: number,
  limit: number,
): Promise<string[]> {
  const rows = await query(connection, END_SILENT, [seconds, limit])
  return rows.map(({ id }) => id)
}
