import { type Connection, prepare, query } from '../sql/statement.ts'
import { COLUMNS, type StoredToken, TOKEN_ROW } from './tokens.ts'

const OF_PRINCIPAL = prepare({
  name: 'tokens-of-principal',
  row: TOKEN_ROW,
  text: `SELECT ${COLUMNS} FROM token t JOIN principal p ON p.id = t.principal_id WHERE p.id = $1`,
})

/** Every token a principal has or had, including invalid ones. */
export function listPrincipalTokens(connection: Connection, principalId: string): Promise<StoredToken[]> {
  return query(connection, OF_PRINCIPAL, [principalId])
}
