import type { Role } from '../../lifecycle/run/words.ts'
import { type Connection, type Prepared, query } from '../sql/openStore.ts'

/** A bearer token as it is kept: known by the SHA-256 of its secret, never by the secret. */
export interface StoredToken {
  readonly id: string
  readonly principalId: string
  /** Of the principal. */
  readonly name: string
  readonly role: Role
  /** The projects it is limited to; empty: all. */
  readonly projects: readonly string[]
  readonly createdAt: Date
  /** When it stops to authenticate; null: never by itself. */
  readonly expiresAt: Date | null
  /** When it was last used, exact to a minute. */
  readonly lastUsedAt: Date | null
}

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

/** Columns of a token `t` of a principal `p`. */
const COLUMNS = `t.id, t.principal_id AS "principalId", p.name, t.role, t.projects, t.created_at AS "createdAt",
  t.expires_at AS "expiresAt", t.last_used_at AS "lastUsedAt"`
const GOOD = '(t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp()))'

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

const OF_PRINCIPAL: Prepared = {
  name: 'tokens-of-principal',
  text: `SELECT ${COLUMNS} FROM token t JOIN principal p ON p.id = t.principal_id WHERE p.id = $1`,
}

/** Every token that a principal has or had, also those that are no good any more. */
export function listPrincipalTokens(connection: Connection, principalId: string): Promise<StoredToken[]> {
  return query<StoredToken>(connection, OF_PRINCIPAL, [principalId])
}

// one row in a minute, however many requests a token signs
const USE: Prepared = {
  name: 'use-token',
  text: `
WITH t AS (SELECT * FROM token t WHERE t.hash = $1 AND ${GOOD}), used AS (
  UPDATE token SET last_used_at = clock_timestamp() FROM t
  WHERE token.id = t.id
    AND (t.last_used_at IS NULL OR t.last_used_at < clock_timestamp() - interval '1 minute')
)
SELECT ${COLUMNS} FROM t JOIN principal p ON p.id = t.principal_id`,
}

/** The token with this hash, noted as used; null where there is none that is good: revoked and expired ones are not. */
export async function useToken(connection: Connection, hash: string): Promise<StoredToken | null> {
  const [row] = await query<StoredToken>(connection, USE, [hash])
  return row ?? null
}

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

const LIST: Prepared = {
  name: 'list-tokens',
  text: `
SELECT ${COLUMNS} FROM token t JOIN principal p ON p.id = t.principal_id
WHERE t.revoked_at IS NULL ORDER BY t.created_at, t.id`,
}

/** Every token that was not revoked, the oldest first; expired ones among them. */
export function listTokens(connection: Connection): Promise<StoredToken[]> {
  return query<StoredToken>(connection, LIST, [])
}

const FIND: Prepared = {
  name: 'find-token',
  text: `SELECT ${COLUMNS} FROM token t JOIN principal p ON p.id = t.principal_id WHERE t.id = $1`,
}

/** The token with this id, whether or not it is still good; null where there is none. */
export async function findToken(connection: Connection, id: string): Promise<StoredToken | null> {
  const [row] = await query<StoredToken>(connection, FIND, [id])
  return row ?? null
}

const REVOKE: Prepared = {
  name: 'revoke-token',
  text: `UPDATE token SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL`,
}

/** Ends a token for ever; without effect where that was done before. */
export async function revokeToken(connection: Connection, id: string): Promise<void> {
  await query(connection, REVOKE, [id])
}
