import type { RunEvent } from '../../../lifecycle/run/events.ts'
import type { Actor } from '../../../lifecycle/run/actor.ts'
import type { Json, Run } from '../../../lifecycle/run/run.ts'
import { column, type Connection, json, prepare, query } from '../../sql/statement.ts'

const REQUESTS = prepare({
  name: 'list-requests',
  row: { seq: column('event', 'seq'), request: json<Json>() },
  text: 'SELECT seq, request FROM event WHERE run_id = $1 AND request IS NOT NULL ORDER BY seq',
})

/** The requests that are kept with the events of a run, by the number of the event. */
export async function listRequests(connection: Connection, runId: string): Promise<Map<number, Json>> {
  const rows = await query(connection, REQUESTS, [runId])
  return new Map(rows.map(({ seq, request }) => [seq, request]))
}

/*
 * The run is guarded by its revision, and by not having been done: of two servers the second changes nothing. The trigger on events looks
 * at the run, so each part is joined to the guard.
 */
const REMOVE = prepare({
  name: 'remove-content',
  row: { id: column('run', 'id') },
  text: `
WITH guard AS (
  UPDATE run r SET input = n.input, output = n.output, error = n.error, waits_for = n.waits_for,
    content_removed_at = clock_timestamp(), content_removed_by = $3, content_removed_by_id = $4
  FROM jsonb_populate_record(NULL::run, $5::jsonb -> 'run') n
  WHERE r.id = $1 AND r.revision = $2 AND r.settled_at IS NOT NULL AND r.lease_owner IS NULL AND r.content_removed_at IS NULL
  RETURNING r.id
), event_changed AS (
  UPDATE event e SET payload = n.payload, request = n.request, payload_sha256 = n.payload_sha256
  FROM guard, jsonb_populate_recordset(NULL::event, $5::jsonb -> 'event') n
  WHERE e.run_id = guard.id AND e.seq = n.seq
), phase_changed AS (
  UPDATE phase p SET error = n.error FROM guard, jsonb_populate_recordset(NULL::phase, $5::jsonb -> 'phase') n
  WHERE p.run_id = guard.id AND p.id = n.id AND p.error IS NOT NULL
), execution_changed AS (
  UPDATE execution x SET command = n.command FROM guard, jsonb_populate_recordset(NULL::execution, $5::jsonb -> 'execution') n
  WHERE x.run_id = guard.id AND x.id = n.id
), session_changed AS (
  UPDATE session s SET handle = n.handle FROM guard, jsonb_populate_recordset(NULL::session, $5::jsonb -> 'session') n
  WHERE s.run_id = guard.id AND s.id = n.id
), entry_removed AS (
  DELETE FROM entry n USING guard, session s WHERE s.run_id = guard.id AND n.session_id = s.id
), artifact_changed AS (
  UPDATE artifact f SET content = '', problems = n.problems
  FROM guard, jsonb_populate_recordset(NULL::artifact, $5::jsonb -> 'artifact') n
  WHERE f.run_id = guard.id AND f.id = n.id
), approval_changed AS (
  UPDATE approval v SET question = n.question, payload = n.payload, permission = n.permission, answer_schema = n.answer_schema,
    comment = n.comment, answer = n.answer
  FROM guard, jsonb_populate_recordset(NULL::approval, $5::jsonb -> 'approval') n
  WHERE v.run_id = guard.id AND v.id = n.id
), message_changed AS (
  UPDATE message m SET text = n.text FROM guard, jsonb_populate_recordset(NULL::message, $5::jsonb -> 'message') n
  WHERE m.run_id = guard.id AND m.id = n.id
)
SELECT id FROM guard`,
})

/** An event as it stays. */
export interface RemainingEvent {
  readonly event: RunEvent
  readonly request: Json | null
  /** SHA-256 of the payload with its content. */
  readonly payloadSha256: string
}

/**
 * Removes the content of a settled run, in one statement. Returns false if the run has changed, is held or has lost its content before:
 * nothing is changed then.
 *
 * @param run the fold of the events as they stay
 * @param events those that change
 */
export async function removeContent(
  connection: Connection,
  run: Run,
  events: readonly RemainingEvent[],
  by: Actor,
): Promise<boolean> {
  const rows = {
    run: { input: run.input, output: run.output, error: run.error, waits_for: run.waitsFor },
    event: events.map(({ event: { seq, payload }, request, payloadSha256 }) => ({
      seq,
      payload,
      request,
      payload_sha256: payloadSha256,
    })),
    phase: run.phases.map(({ id, error }) => ({ id, error })),
    execution: run.executions.map(({ id, command }) => ({ id, command })),
    session: run.sessions.map(({ id, handle }) => ({ id, handle })),
    artifact: run.artifacts.map(({ id, problems }) => ({ id, problems })),
    approval: run.approvals.map(({ id, answerSchema, ...asked }) => ({
      id,
      question: asked.question,
      payload: asked.payload,
      permission: asked.permission,
      answer_schema: answerSchema,
      comment: asked.comment,
      answer: asked.answer,
    })),
    message: run.messages.map(({ id, text }) => ({ id, text })),
  }
  const changed = await query(connection, REMOVE, [
    run.id,
    run.revision,
    by.name,
    by.id,
    JSON.stringify(rows),
  ])
  return changed.length === 1
}
