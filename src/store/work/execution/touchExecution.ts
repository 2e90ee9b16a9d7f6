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

/** Notes that the supervisor of an execution of no run lives. Returns null where that has ended, or is of a run. */
export async function touchExecution(connection: Connection, id: string): Promise<Execution | null> {
  const [row] = await query(connection, TOUCH, [id])
  return row?.execution ?? null
}
