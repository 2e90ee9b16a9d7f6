import { insertInto } from '../../sql/columns.ts'
import { type Connection, json, prepare, query } from '../../sql/statement.ts'
import { EXECUTION_JSON } from '../../rows/selectWork.ts'
import type { Execution, Json } from '../../../lifecycle/run/run.ts'

const START = prepare({
  name: 'start-execution',
  row: {
    execution: json<Execution>(),
  },
  text: `
${insertInto(
  'execution',
  {
    id: '$1',
    command: '$2',
    pid: '$3::int',
    started_by: '$4',
    started_by_id: '$5',
    started_at: 'clock_timestamp()',
    start_key: '$6',
    start_request: '$7::jsonb',
  },
  'x',
)}
ON CONFLICT (start_key, started_by_id) WHERE start_key IS NOT NULL DO NOTHING
RETURNING ${EXECUTION_JSON} AS execution`,
})

/** A new execution without a run. */
export type NewExecution = Pick<Execution, 'id' | 'command' | 'pid' | 'startedBy' | 'startedById'>

/** Records an execution without a run. Returns null if its key was already used. */
export async function insertExecution(
  connection: Connection,
  { id, command, pid, startedBy, startedById }: NewExecution,
  key: { key: string; request: Json } | null,
): Promise<Execution | null> {
  const request = key ? JSON.stringify(key.request) : null
  const values = [id, command, pid, startedBy, startedById, key?.key ?? null, request]
  const [row] = await query(connection, START, values)
  return row?.execution ?? null
}
