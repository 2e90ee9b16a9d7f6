import type { Role } from '../../lifecycle/run/words.ts'
import { type Prepared, type Connection, query } from '../sql/openStore.ts'
import { COLUMNS, type StoredToken } from './tokens.ts'

/** A token to keep, of a principal. */
export interface NewToken {
  readonly id: string
  readonly principalId: string
  readonly role: Role
  readonly projects: readonly string[]
  /** SHA-256 of the secret, in hexadecimal. */
  readonly hash: string
  /** Null: it never expires. */
  readonly expiresInSeconds: number | null
}

const insertFor = (name: string, principal: string): Prepared => ({
  name,
  text: `
WITH p AS (${principal}), t AS (
  INSERT INTO token (id, principal_id, role, projects, hash, expires_at)
  SELECT $1, p.id, $3::role, $4::text[], $5, clock_timestamp() + make_interval(secs => $6::float8) FROM p
  RETURNING *
)
SELECT ${COLUMNS} FROM t, p`,
})

const INSERT = insertFor('insert-token', 'SELECT id, name FROM principal WHERE id = $2')

const INSERT_FIRST = insertFor(
  'insert-first-token',
  'INSERT INTO principal (id, name) VALUES ($2, $7) ON CONFLICT (name) DO NOTHING RETURNING id, name',
)

/** Keeps a new token of a principal that there is; null where there is none. */
export async function insertToken(connection: Connection, token: NewToken): Promise<StoredToken | null> {
  const [row] = await query<StoredToken>(connection, INSERT, valuesOf(token))
  return row ?? null
}

/** Keeps a new principal with its first token; null where the name was given before, to whomever. */
export async function insertFirstToken(
  connection: Connection,
  token: NewToken,
  name: string,
): Promise<StoredToken | null> {
  const [row] = await query<StoredToken>(connection, INSERT_FIRST, [...valuesOf(token), name])
  return row ?? null
}

function valuesOf({ id, principalId, role, projects, hash, expiresInSeconds }: NewToken): unknown[] {
  return [id, principalId, role, projects, hash, expiresInSeconds]
}
