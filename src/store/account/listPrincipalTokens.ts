import { type Connection, prepare, query } from '../sql/statement.ts'
import { COLUMNS, type StoredToken, TOKEN_ROW } from './tokens.ts'

const OF_PRINCIPAL = prepare({
  name: 'tokens-of-principal',
  row: TOKEN_ROW,
  text: `SELECT ${COLUMNS} FROM token t JOIN principal p ON p.id = t.principal_id WHERE p.id = $1`,
})

/** Every token that a principal has or had, also those that are no good any more. */
export function listPrincipalTokens(connection: Connection, principalId: string): Promise<StoredToken[]> {
  return query(connection, OF_PRINCIPAL, [principalId])
}
