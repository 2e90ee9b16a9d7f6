import { type Connection, prepare, query } from '../sql/statement.ts'
import { GOOD, COLUMNS, type StoredToken, TOKEN_ROW } from './tokens.ts'

// writes at most once per minute, however many requests use the token
const USE = prepare({
  name: 'use-token',
  row: TOKEN_ROW,
  text: `
WITH t AS (SELECT * FROM token t WHERE t.hash = $1 AND ${GOOD}), used AS (
  UPDATE token SET last_used_at = clock_timestamp() FROM t
  WHERE token.id = t.id
    AND (t.last_used_at IS NULL OR t.last_used_at < clock_timestamp() - interval '1 minute')
)
SELECT ${COLUMNS} FROM t JOIN principal p ON p.id = t.principal_id`,
})

/** The valid token with this hash, recorded as used; null if it does not exist, was revoked or has expired. */
export async function useToken(connection: Connection, hash: string): Promise<StoredToken | null> {
  const [row] = await query(connection, USE, [hash])
  return row ?? null
}
