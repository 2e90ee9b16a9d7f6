import type { RunEvent } from '../lifecycle/events.ts'
import type { Attempt, Json, Run } from '../lifecycle/run.ts'
import { toDate } from './runRows.ts'

/** The key, scope and input of a command, kept on the last event that it wrote (G7). */
export interface KeyToKeep {
  readonly scope: string
  readonly operation: string
  readonly key: string
  readonly request: Json
}

/** Rows to write below a run, each list as JSON for `jsonb_to_recordset`. */
export interface RowsBelow {
  readonly events: string
  readonly phases: string
  readonly attempts: string
  readonly executions: string
}

/** The rows in which a run differs from what it was; all of them for a new one. */
export function rowsBelow(
  before: Run | null,
  after: Run,
  events: readonly RunEvent[],
  key: KeyToKeep | null,
): RowsBelow {
  const phasesBefore = new Map(before?.phases.map((phase) => [phase.id, phase]))
  const phases = after.phases.filter((phase) => phasesBefore.get(phase.id) !== phase)
  const attempts = phases.flatMap((phase) => {
    const known: readonly Attempt[] = phasesBefore.get(phase.id)?.history ?? []
    return phase.history
      .filter((attempt) => !known.includes(attempt))
      .map((attempt) => ({ ...attempt, phase_id: phase.id }))
  })
  const executionsBefore = new Set(before?.executions)
  const executions = after.executions.filter((execution) => !executionsBefore.has(execution))
  return {
    events: JSON.stringify(
      events.map((event, index) => toEventJson(event, index === events.length - 1 ? key : null)),
    ),
    phases: JSON.stringify(
      phases.map(({ startedAt, endedAt, ...phase }) => ({
        ...phase,
        started_at: toDate(startedAt),
        ended_at: toDate(endedAt),
        history: undefined,
      })),
    ),
    attempts: JSON.stringify(attempts),
    executions: JSON.stringify(
      executions.map((execution) => ({
        ...execution,
        phase_id: execution.phaseId,
        exit_code: execution.exitCode,
        started_by: execution.startedBy,
        started_at: toDate(execution.startedAt),
        ended_at: toDate(execution.endedAt),
        // a fact beside the log leaves no event to keep its key on
        ...(execution.late && key ? { finish_key: key.key, finish_request: key.request } : {}),
      })),
    ),
  }
}

function toEventJson({ at, ...event }: RunEvent, key: KeyToKeep | null) {
  const kept = key && { key_scope: key.scope, operation: key.operation, key: key.key, request: key.request }
  return { ...event, at: toDate(at), ...kept }
}

/** SQL that writes the rows below the runs named by the CTE `guard`, from the parameters given by their places. */
export function writeBelow(events: string, phases: string, attempts: string, executions: string): string {
  return `
logged AS (
  INSERT INTO event (run_id, seq, epoch, type, actor, at, payload, key_scope, operation, key, request)
  SELECT guard.id, e.seq, e.epoch, e.type, e.actor, e.at, e.payload, e.key_scope, e.operation, e.key, e.request
  FROM guard, jsonb_to_recordset(${events}::jsonb) AS e(
    seq int, epoch int, type text, actor text, at timestamptz, payload jsonb,
    key_scope text, operation text, key text, request jsonb)
  ORDER BY e.seq
), phases AS (
  INSERT INTO phase (id, run_id, round, key, position, status, attempts, started_at, ended_at, error)
  SELECT p.id, guard.id, p.round, p.key, p.position, p.status, p.attempts, p.started_at, p.ended_at, p.error
  FROM guard, jsonb_to_recordset(${phases}::jsonb) AS p(
    id text, round int, key text, position int, status phase_status, attempts int,
    started_at timestamptz, ended_at timestamptz, error jsonb)
  ON CONFLICT (id) DO UPDATE SET status = EXCLUDED.status, attempts = EXCLUDED.attempts,
    started_at = EXCLUDED.started_at, ended_at = EXCLUDED.ended_at, error = EXCLUDED.error
), attempts AS (
  INSERT INTO phase_attempt (phase_id, attempt, run_id, epoch, status)
  SELECT a.phase_id, a.attempt, guard.id, a.epoch, a.status
  FROM guard, jsonb_to_recordset(${attempts}::jsonb) AS a(phase_id text, attempt int, epoch int, status phase_status)
  ON CONFLICT (phase_id, attempt) DO UPDATE SET status = EXCLUDED.status
), executions AS (
  INSERT INTO execution (id, run_id, phase_id, epoch, attempt, command, pid, exit_code, signal, "end", late, started_by, started_at, ended_at, finish_key, finish_request)
  SELECT x.id, guard.id, x.phase_id, x.epoch, x.attempt, x.command, x.pid, x.exit_code, x.signal, x."end", x.late,
    x.started_by, x.started_at, x.ended_at, x.finish_key, x.finish_request
  FROM guard, jsonb_to_recordset(${executions}::jsonb) AS x(
    id text, phase_id text, epoch int, attempt int, command text, pid int, exit_code int, signal text,
    "end" execution_end, late boolean, started_by text, started_at timestamptz, ended_at timestamptz,
    finish_key text, finish_request jsonb)
  ON CONFLICT (id) DO UPDATE SET exit_code = EXCLUDED.exit_code, signal = EXCLUDED.signal, "end" = EXCLUDED."end",
    late = EXCLUDED.late, ended_at = EXCLUDED.ended_at, finish_key = EXCLUDED.finish_key,
    finish_request = EXCLUDED.finish_request
)`
}
