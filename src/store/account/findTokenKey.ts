import type { Json } from '../../lifecycle/run/run.ts'
import { type Connection, json, prepare, query } from '../sql/statement.ts'
import { COLUMNS, type StoredToken, TOKEN_ROW } from './tokens.ts'

/** A token, and the request that made it. */
export interface KeptToken {
  readonly token: StoredToken
  readonly request: Json
}

const FIND = prepare({
  name: 'find-token-key',
  row: { ...TOKEN_ROW, request: json<Json>() },
  text: `
SELECT ${COLUMNS}, t.request FROM token t JOIN principal p ON p.id = t.principal_id
WHERE t.key = $3 AND t.operation = $2 AND t.key_scope = $1`,
})

/** The token that was made under an idempotency key; null if none was. */
export async function findTokenKey(
  connection: Connection,
  scope: string,
  operation: string,
  key: string,
): Promise<KeptToken | null> {
  const [row] = await query(connection, FIND, [scope, operation, key])
  if (!row) return null
  const { request, ...token } = row
  return { token, request }
}
