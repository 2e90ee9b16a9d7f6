import { type Connection, prepare, query } from '../sql/statement.ts'

const REVOKE = prepare({
  name: 'revoke-token',
  row: {},
  text: `UPDATE token SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL`,
})

/** Revokes a token permanently; has no effect on a revoked one. */
export async function revokeToken(connection: Connection, id: string): Promise<void> {
  await query(connection, REVOKE, [id])
}
