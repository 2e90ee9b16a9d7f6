import type { Attempt, Execution, Json } from '../../lifecycle/run/run.ts'
import { type Connection, type Prepared, query } from '../sql/openStore.ts'
import { EXECUTION_JSON } from '../rows/selectWork.ts'

/** An execution with the keys it was started and finished under. */
export interface LoadedExecution {
  readonly execution: Execution
  readonly finishKey: string | null
  readonly finishRequest: Json
}

const FIND: Prepared = {
  name: 'find-execution',
  text: `SELECT ${EXECUTION_JSON} AS execution, x.finish_key, x.finish_request FROM execution x WHERE x.id = $1`,
}

/** The execution with this id; null where there is none. */
export async function findExecution(connection: Connection, id: string): Promise<LoadedExecution | null> {
  type Row = { execution: Execution; finish_key: string | null; finish_request: Json }
  const [row] = await query<Row>(connection, FIND, [id])
  return row
    ? { execution: row.execution, finishKey: row.finish_key, finishRequest: row.finish_request }
    : null
}

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

const FIND_STARTED: Prepared = {
  name: 'find-started-execution',
  text: `
SELECT ${EXECUTION_JSON} AS execution, x.start_request AS request FROM execution x
WHERE x.start_key = $1 AND x.started_by_id = $2`,
}

/** The execution that was started under a key by the same principal; null where there is none. */
export async function findExecutionByStartKey(
  connection: Connection,
  key: string,
  startedById: string,
): Promise<{ execution: Execution; request: Json } | null> {
  const [row] = await query<{ execution: Execution; request: Json }>(connection, FIND_STARTED, [
    key,
    startedById,
  ])
  return row ?? null
}

const FINISH: Prepared = {
  name: 'finish-execution',
  text: `
UPDATE execution x SET exit_code = $2, signal = $3, "end" = $4::execution_end, ended_at = clock_timestamp(),
  late = x."end" IS NOT NULL, finish_key = $5, finish_request = $6::jsonb
WHERE x.id = $1 AND x.run_id IS NULL AND (x."end" IS NULL OR x."end" = 'SUPERVISOR_LOST' AND NOT x.late)
RETURNING ${EXECUTION_JSON} AS execution`,
}

/** Records the end of an execution of no run, in the place of one that was only assumed. Returns null where it was told before. */
export async function endExecution(
  connection: Connection,
  { id, exitCode, signal, end }: Pick<Execution, 'id' | 'exitCode' | 'signal' | 'end'>,
  key: { key: string; request: Json } | null,
): Promise<Execution | null> {
  const values = [id, exitCode, signal, end, key?.key ?? null, key ? JSON.stringify(key.request) : null]
  const [row] = await query<{ execution: Execution }>(connection, FINISH, values)
  return row?.execution ?? null
}

const TOUCH: Prepared = {
  name: 'touch-execution',
  text: `
UPDATE execution x SET touched_at = clock_timestamp() WHERE x.id = $1 AND x.run_id IS NULL AND x."end" IS NULL
RETURNING ${EXECUTION_JSON} AS execution`,
}

/** Notes that the supervisor of an execution of no run lives. Returns null where that has ended, or is of a run. */
export async function touchExecution(connection: Connection, id: string): Promise<Execution | null> {
  const [row] = await query<{ execution: Execution }>(connection, TOUCH, [id])
  return row?.execution ?? null
}

const END_SILENT: Prepared = {
  name: 'end-silent-executions',
  text: `
UPDATE execution SET "end" = 'SUPERVISOR_LOST', ended_at = clock_timestamp()
WHERE id IN (
  SELECT id FROM execution
  WHERE run_id IS NULL AND "end" IS NULL AND coalesce(touched_at, started_at) <= clock_timestamp() - make_interval(secs => $1)
  ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING id`,
}

/** Ends executions of no run that nobody has supervised for so long. Returns their ids. */
export async function endSilentExecutions(
  connection: Connection,
  seconds: number,
  limit: number,
): Promise<string[]> {
  const rows = await query<{ id: string }>(connection, END_SILENT, [seconds, limit])
  return rows.map(({ id }) => id)
}

const ATTEMPTS: Prepared = {
  name: 'list-attempts',
  text: `SELECT phase_id, attempt, epoch, status FROM phase_attempt WHERE phase_id = ANY($1::text[]) ORDER BY phase_id, attempt`,
}

/** All attempts of the phases named, by phase: what the outcome of an execution is judged by. */
export async function listAttempts(
  connection: Connection,
  phaseIds: readonly string[],
): Promise<Map<string, Attempt[]>> {
  const rows = await query<Attempt & { phase_id: string }>(connection, ATTEMPTS, [phaseIds])
  const attempts = new Map<string, Attempt[]>()
  for (const { phase_id, ...attempt } of rows)
    attempts.set(phase_id, [...(attempts.get(phase_id) ?? []), attempt])
  return attempts
}
