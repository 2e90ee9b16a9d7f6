import type { Json } from '../../lifecycle/run/run.ts'
import type { KeptKey } from '../../lifecycle/log/draft.ts'
import { parseEvent } from '../../lifecycle/run/events.ts'

/** Columns of an event that carries an idempotency key, null where there is none. */
export interface KeptRow {
  kept_run_id: string | null
  kept_request: Json
  kept_seq: number
  kept_epoch: number
  kept_type: string
  kept_actor: string
  kept_actor_id: string | null
  kept_at: Date
  kept_payload: unknown
}

/** What is kept under a key, from the event that carries it. */
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
