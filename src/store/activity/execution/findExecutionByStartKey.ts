import { type Connection, json, prepare, query } from '../../sql/statement.ts'
import { EXECUTION_JSON } from '../../rows/selectWork.ts'
import type { Execution, Json } from '../../../lifecycle/run/run.ts'

const FIND_STARTED = prepare({
  name: 'find-started-execution',
  row: {
    execution: json<Execution>(),
    request: json<Json>(),
  },
  text: `
SELECT ${EXECUTION_JSON} AS execution, x.start_request AS request FROM execution x
WHERE x.start_key = $1 AND x.started_by_id = $2`,
})

/** The execution started under a key by the same principal; null if there is none. */
export async function findExecutionByStartKey(
  connection: Connection,
  key: string,
  startedById: string,
): Promise<{ execution: Execution; request: Json } | null> {
  const [row] = await query(connection, FIND_STARTED, [key, startedById])
  return row ?? null
}
