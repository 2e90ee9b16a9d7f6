import { type Prepared, type Connection, query } from '../sql/openStore.ts'
import { COLUMNS, type StoredToken } from './tokens.ts'

const OF_PRINCIPAL: Prepared = {
  name: 'tokens-of-principal',
  text: `SELECT ${COLUMNS} FROM token t JOIN principal p ON p.id = t.principal_id WHERE p.id = $1`,
}

/** Every token that a principal has or had, also those that are no good any more. */
export function listPrincipalTokens(connection: Connection, principalId: string): Promise<StoredToken[]> {
  return query<StoredToken>(connection, OF_PRINCIPAL, [principalId])
}
