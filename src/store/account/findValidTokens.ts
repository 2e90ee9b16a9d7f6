import { type Connection, prepare, query } from '../sql/statement.ts'
import { COLUMNS, GOOD, type StoredToken, TOKEN_ROW } from './tokens.ts'

const GOOD_ONES = prepare({
  name: 'good-tokens',
  row: TOKEN_ROW,
  text: `
SELECT ${COLUMNS} FROM token t JOIN principal p ON p.id = t.principal_id
WHERE t.id = ANY($1::text[]) AND ${GOOD}`,
})

/** Those of the tokens that still authenticate. */
export function findValidTokens(connection: Connection, ids: readonly string[]): Promise<StoredToken[]> {
  return query(connection, GOOD_ONES, [ids])
}
