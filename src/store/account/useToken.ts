import { type Connection, prepare, query } from '../sql/statement.ts'
import { GOOD, COLUMNS, type StoredToken, TOKEN_ROW } from './tokens.ts'

// one row in a minute, however many requests a token signs
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

/** The token with this hash, noted as used; null where there is none that is good: revoked and expired ones are not. */
export async function useToken(connection: Connection, hash: string): Promise<StoredToken | null> {
  const [row] = await query(connection, USE, [hash])
  return row ?? null
}
