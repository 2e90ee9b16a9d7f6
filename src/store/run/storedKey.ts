import { column, json, nullable, type RowOf } from '../sql/statement.ts'
import type { Json } from '../../lifecycle/run/run.ts'
import type { KeptKey } from '../../lifecycle/log/draft.ts'
import { parseEvent } from '../../lifecycle/run/events.ts'

/** Columns of an event that carries an idempotency key; null if there is none. */
export const KEPT_ROW = {
  kept_run_id: nullable(column('event', 'run_id')),
  kept_request: json<Json>(),
  kept_seq: column('event', 'seq'),
  kept_epoch: column('event', 'epoch'),
  kept_type: column('event', 'type'),
  kept_actor: column('event', 'actor'),
  kept_actor_id: column('event', 'actor_id'),
  kept_at: column('event', 'at'),
  kept_payload: column('event', 'payload'),
}

/** SQL that selects these columns of the event under a key. */
export function selectKept(of: {
  readonly scope: string
  readonly operation: string
  readonly key: string
}): string {
  return `
  SELECT e.run_id AS kept_run_id, e.request AS kept_request, e.seq AS kept_seq, e.epoch AS kept_epoch, e.type AS kept_type,
    e.actor AS kept_actor, e.actor_id AS kept_actor_id, e.at AS kept_at, e.payload AS kept_payload
  FROM event e WHERE e.key = ${of.key} AND e.operation = ${of.operation} AND e.key_scope = ${of.scope} LIMIT 1`
}

type KeptRow = RowOf<typeof KEPT_ROW>

/** What is stored under a key, from the event that carries it; null if there is none. */
export function toKept(row: KeptRow): KeptKey | null {
  if (row.kept_run_id === null) return null
  const event = parseEvent({
    seq: row.kept_seq,
    epoch: row.kept_epoch,
    type: row.kept_type,
    actor: row.kept_actor,
    actorId: row.kept_actor_id,
    at: row.kept_at.getTime(),
    payload: row.kept_payload,
  })
  return { runId: row.kept_run_id, request: row.kept_request, event }
}
