import { type Prepared, type Connection, query } from '../sql/openStore.ts'

const REVOKE: Prepared = {
  name: 'revoke-token',
  text: `UPDATE token SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL`,
}

/** Ends a token for ever; without effect where that was done before. */
export async function revokeToken(connection: Connection, id: string): Promise<void> {
  await query(connection, REVOKE, [id])
}
