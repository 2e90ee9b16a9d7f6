import { type Prepared, type Connection, query } from '../sql/openStore.ts'
import { COLUMNS, type StoredToken } from './tokens.ts'

const FIND: Prepared = {
  name: 'find-token',
  text: `SELECT ${COLUMNS} FROM token t JOIN principal p ON p.id = t.principal_id WHERE t.id = $1`,
}

/** The token with this id, whether or not it is still good; null where there is none. */
export async function findToken(connection: Connection, id: string): Promise<StoredToken | null> {
  const [row] = await query<StoredToken>(connection, FIND, [id])
  return row ?? null
}
