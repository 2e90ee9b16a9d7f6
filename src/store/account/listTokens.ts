import { type Connection, prepare, query } from '../sql/statement.ts'
import { COLUMNS, type StoredToken, TOKEN_ROW } from './tokens.ts'

const LIST = prepare({
  name: 'list-tokens',
  row: TOKEN_ROW,
  text: `
SELECT ${COLUMNS} FROM token t JOIN principal p ON p.id = t.principal_id
WHERE t.revoked_at IS NULL ORDER BY t.created_at, t.id`,
})

/** Every token that was not revoked, oldest first, including expired ones. */
export function listTokens(connection: Connection): Promise<StoredToken[]> {
  return query(connection, LIST, [])
}
