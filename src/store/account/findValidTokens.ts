import { type Prepared, type Connection, query } from '../sql/openStore.ts'
import { COLUMNS, GOOD, type StoredToken } from './tokens.ts'

const GOOD_ONES: Prepared = {
  name: 'good-tokens',
  text: `
SELECT ${COLUMNS} FROM token t JOIN principal p ON p.id = t.principal_id
WHERE t.id = ANY($1::text[]) AND ${GOOD}`,
}

/** Those of the tokens that still authenticate. */
export function findValidTokens(connection: Connection, ids: readonly string[]): Promise<StoredToken[]> {
  return query<StoredToken>(connection, GOOD_ONES, [ids])
}
