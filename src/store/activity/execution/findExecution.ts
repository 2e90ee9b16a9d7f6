import type { Execution, Json } from '../../../lifecycle/run/run.ts'
import { column, type Connection, json, prepare, query } from '../../sql/statement.ts'
import { EXECUTION_JSON } from '../../rows/selectWork.ts'

/** An execution with the idempotency key and request that it was finished with. */
export interface LoadedExecution {
  readonly execution: Execution
  readonly finishKey: string | null
  readonly finishRequest: Json
}

const FIND = prepare({
  name: 'find-execution',
  row: {
    execution: json<Execution>(),
    finish_key: column('execution', 'finish_key'),
    finish_request: json<Json>(),
  },
  text: `SELECT ${EXECUTION_JSON} AS execution, x.finish_key, x.finish_request FROM execution x WHERE x.id = $1`,
})

/** The execution with this id; null if it does not exist. */
export async function findExecution(connection: Connection, id: string): Promise<LoadedExecution | null> {
  const [row] = await query(connection, FIND, [id])
  return row
    ? { execution: row.execution, finishKey: row.finish_key, finishRequest: row.finish_request }
    : null
}
