import { insertInto } from '../sql/columns.ts'
import type { Role } from '../../lifecycle/run/enums.ts'
import { type Connection, prepare, query } from '../sql/statement.ts'
import type { IdempotencyKey } from '../sql/idempotencyKey.ts'
import { COLUMNS, type StoredToken, TOKEN_ROW } from './tokens.ts'

/** A token to store for a principal. */
export interface NewToken {
  readonly id: string
  readonly principalId: string
  readonly role: Role
  readonly projects: readonly string[]
  /** SHA-256 of the secret, in hexadecimal. */
  readonly hash: string
  /** Null: it never expires. */
  readonly expiresInSeconds: number | null
  /** The key of the request that makes it; null: it has none. */
  readonly key: IdempotencyKey | null
}

const insertFor = (name: string, principal: string) =>
  prepare({
    name,
    row: TOKEN_ROW,
    text: `
WITH p AS (${principal}), t AS (
  ${insertInto('token', {
    id: '$1',
    principal_id: 'p.id',
    role: '$3::role',
    projects: '$4::text[]',
    hash: '$5',
    expires_at: 'clock_timestamp() + make_interval(secs => $6::float8)',
    key_scope: '$7',
    operation: '$8',
    key: '$9',
    request: '$10::jsonb',
  })} FROM p
  ON CONFLICT (key, operation, key_scope) WHERE key IS NOT NULL DO NOTHING
  RETURNING *
)
SELECT ${COLUMNS} FROM t, p`,
  })

const INSERT = insertFor('insert-token', 'SELECT id, name FROM principal WHERE id = $2')

const INSERT_FIRST = insertFor(
  'insert-first-token',
  `${insertInto('principal', { id: '$2', name: '$11' })} ON CONFLICT (name) DO NOTHING RETURNING id, name`,
)

/** Stores a new token of an existing principal; null if the principal does not exist, or the key was used. */
export async function insertToken(connection: Connection, token: NewToken): Promise<StoredToken | null> {
  const [row] = await query(connection, INSERT, valuesOf(token))
  return row ?? null
}

/** Creates a principal with its first token; null if a principal of that name already exists, or the key was used. */
export async function insertFirstToken(
  connection: Connection,
  token: NewToken,
  name: string,
): Promise<StoredToken | null> {
  const [row] = await query(connection, INSERT_FIRST, [...valuesOf(token), name])
  return row ?? null
}

function valuesOf({ key: kept, ...token }: NewToken): unknown[] {
  const { id, principalId, role, projects, hash, expiresInSeconds } = token
  const { scope = null, operation = null, key = null } = kept ?? {}
  const request = kept && JSON.stringify(kept.request)
  return [id, principalId, role, projects, hash, expiresInSeconds, scope, operation, key, request]
}
