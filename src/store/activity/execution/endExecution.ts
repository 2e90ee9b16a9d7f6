import { type Connection, json, prepare, query } from '../../sql/statement.ts'
import { EXECUTION_JSON } from '../../rows/selectWork.ts'
import type { Execution, Json } from '../../../lifecycle/run/run.ts'

const FINISH = prepare({
  name: 'finish-execution',
  row: {
    execution: json<Execution>(),
  },
  text: `
UPDATE execution x SET exit_code = $2, signal = $3, "end" = $4::execution_end, ended_at = clock_timestamp(),
  late = x."end" IS NOT NULL, finish_key = $5, finish_request = $6::jsonb
WHERE x.id = $1 AND x.run_id IS NULL AND (x."end" IS NULL OR x."end" = 'SUPERVISOR_LOST' AND NOT x.late)
RETURNING ${EXECUTION_JSON} AS execution`,
})

/**
 * Records the end of an execution without a run, replacing an assumed end. Returns null if its end was already
 * reported.
 */
export async function endExecution(
  connection: Connection,
  { id, exitCode, signal, end }: Pick<Execution, 'id' | 'exitCode' | 'signal' | 'end'>,
  key: { key: string; request: Json } | null,
): Promise<Execution | null> {
  const values = [id, exitCode, signal, end, key?.key ?? null, key ? JSON.stringify(key.request) : null]
  const [row] = await query(connection, FINISH, values)
  return row?.execution ?? null
}
