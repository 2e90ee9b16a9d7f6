import type { KeptKey } from '../../lifecycle/log/draft.ts'
import { KEPT_ROW, toKept } from './storedKey.ts'
import { type Connection, prepare, query } from '../sql/statement.ts'

const FIND_KEPT = prepare({
  name: 'find-kept',
  row: KEPT_ROW,
  text: `
SELECT e.run_id AS kept_run_id, e.request AS kept_request, e.seq AS kept_seq, e.epoch AS kept_epoch,
  e.type AS kept_type, e.actor AS kept_actor, e.actor_id AS kept_actor_id, e.at AS kept_at, e.payload AS kept_payload
FROM event e WHERE e.key = $3 AND e.operation = $2 AND e.key_scope = $1`,
})

/** What is stored under an idempotency key, looked up without knowing the run; null if nothing is. */
export async function findIdempotencyKey(
  connection: Connection,
  scope: string,
  operation: string,
  key: string,
): Promise<KeptKey | null> {
  const [row] = await query(connection, FIND_KEPT, [scope, operation, key])
  return row ? toKept(row) : null
}
