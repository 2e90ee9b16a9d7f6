import { type Connection, prepare, query } from '../sql/statement.ts'
import { COLUMNS, type StoredToken, TOKEN_ROW } from './tokens.ts'

const FIND = prepare({
  name: 'find-token',
  row: TOKEN_ROW,
  text: `SELECT ${COLUMNS} FROM token t JOIN principal p ON p.id = t.principal_id WHERE t.id = $1 AND ($2 OR t.revoked_at IS NULL)`,
})

/** The token with this id, valid or not; null if it does not exist, or was revoked and `evenRevoked` is false. */
export async function findToken(
  connection: Connection,
  id: string,
  { evenRevoked }: { readonly evenRevoked: boolean },
): Promise<StoredToken | null> {
  const [row] = await query(connection, FIND, [id, evenRevoked])
  return row ?? null
}
