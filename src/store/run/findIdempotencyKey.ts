import type { KeptKey } from '../../lifecycle/log/draft.ts'
import { KEPT_ROW, selectKept, toKept } from './storedKey.ts'
import { type Connection, prepare, query } from '../sql/statement.ts'

const FIND_KEPT = prepare({
  name: 'find-kept',
  row: KEPT_ROW,
  text: selectKept({ scope: '$1', operation: '$2', key: '$3' }),
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
