import { type Prepared, type Connection, query } from '../../sql/openStore.ts'
import { EXECUTION_JSON } from '../../rows/selectWork.ts'
import type { Execution, Json } from '../../../lifecycle/run/run.ts'

const START: Prepared = {
  name: 'start-execution',
  text: `
INSERT INTO execution AS x (id, command, pid, started_by, started_by_id, started_at, start_key, start_request)
VALUES ($1, $2, $3, $4, $5, clock_timestamp(), $6, $7::jsonb)
ON CONFLICT (start_key, started_by_id) WHERE start_key IS NOT NULL DO NOTHING
RETURNING ${EXECUTION_JSON} AS execution`,
}

/** An execution of no run, as it is begun. */
export type NewExecution = Pick<Execution, 'id' | 'command' | 'pid' | 'startedBy' | 'startedById'>

/** Records an execution of no run. Returns null where its key was used before. */
export async function insertExecution(
  connection: Connection,
  { id, command, pid, startedBy, startedById }: NewExecution,
  key: { key: string; request: Json } | null,
): Promise<Execution | null> {
  const request = key ? JSON.stringify(key.request) : null
  const values = [id, command, pid, startedBy, startedById, key?.key ?? null, request]
  const [row] = await query<{ execution: Execution }>(connection, START, values)
  return row?.execution ?? null
}
