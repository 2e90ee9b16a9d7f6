import { type Connection, json, prepare, query } from '../../sql/statement.ts'
import { EXECUTION_JSON } from '../../rows/selectWork.ts'
import type { Execution } from '../../../lifecycle/run/run.ts'

const FIND = prepare({
  name: 'find-executions',
  row: {
    execution: json<Execution>(),
  },
  text: `SELECT ${EXECUTION_JSON} AS execution FROM execution x WHERE x.id = ANY($1::text[])`,
})

/** The executions with these ids, in any order; unknown ids are left out. */
export async function findExecutions(connection: Connection, ids: readonly string[]): Promise<Execution[]> {
  const rows = await query(connection, FIND, [ids])
  return rows.map(({ execution }) => execution)
}
