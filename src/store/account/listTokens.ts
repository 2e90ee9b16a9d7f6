import { type Prepared, type Connection, query } from '../sql/openStore.ts'
import { COLUMNS, type StoredToken } from './tokens.ts'

const LIST: Prepared = {
  name: 'list-tokens',
  text: `
SELECT ${COLUMNS} FROM token t JOIN principal p ON p.id = t.principal_id
WHERE t.revoked_at IS NULL ORDER BY t.created_at, t.id`,
}

/** Every token that was not revoked, the oldest first; expired ones among them. */
export function listTokens(connection: Connection): Promise<StoredToken[]> {
  return query<StoredToken>(connection, LIST, [])
}
