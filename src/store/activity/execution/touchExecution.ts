import { type Connection, json, prepare, query } from '../../sql/statement.ts'
import { EXECUTION_JSON } from '../../rows/selectWork.ts'
import type { Execution } from '../../../lifecycle/run/run.ts'

const TOUCH = prepare({
  name: 'touch-execution',
  row: {
    execution: json<Execution>(),
  },
  text: `
UPDATE execution x SET touched_at = clock_timestamp() WHERE x.id = $1 AND x.run_id IS NULL AND x."end" IS NULL
RETURNING ${EXECUTION_JSON} AS execution`,
})

/**
 * Records the heartbeat of the supervisor of an execution without a run. Returns null if the execution has ended or
 * belongs to a run.
 */
export async function touchExecution(connection: Connection, id: string): Promise<Execution | null> {
  const [row] = await query(connection, TOUCH, [id])
  return row?.execution ?? null
}
