import type { Role } from '../lifecycle/words.ts'
import { type Connection, type Prepared, run, type Store } from './openStore.ts'

/** A bearer token as it is kept: known by the SHA-256 of its secret, never by the secret. */
export interface StoredToken {
  readonly id: string
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

/** A token to keep. */
export interface NewToken {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly projects: readonly string[]
  /** SHA-256 of the secret, in hexadecimal. */
  readonly hash: string
  /** Null: it never expires. */
  readonly expiresInSeconds: number | null
}

const COLUMNS = `id, name, role, projects, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt"`
const GOOD = '(revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp()))'

const INSERT: Prepared = {
  name: 'insert-token',
  text: `
INSERT INTO token (id, name, role, projects, hash, expires_at)
VALUES ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6::float8))
RETURNING ${COLUMNS}`,
}

/** Keeps a new token. */
export async function insertToken(connection: Connection, token: NewToken): Promise<StoredToken> {
  const { id, name, role, projects, hash, expiresInSeconds } = token
  const [row] = await run<StoredToken>(connection, INSERT, [id, name, role, projects, hash, expiresInSeconds])
  if (!row) throw new Error(`token ${id} was not kept`)
  return row
}

// one row in a minute, however many requests a token signs
const USE: Prepared = {
  name: 'use-token',
  text: `
WITH good AS (SELECT * FROM token WHERE hash = $1 AND ${GOOD}), used AS (
  UPDATE token SET last_used_at = clock_timestamp() FROM good
  WHERE token.id = good.id
    AND (good.last_used_at IS NULL OR good.last_used_at < clock_timestamp() - interval '1 minute')
)
SELECT ${COLUMNS} FROM good`,
}

/** The token with this hash, noted as used; null where there is none that is good: revoked and expired ones are not. */
export async function useToken(connection: Connection, hash: string): Promise<StoredToken | null> {
  const [row] = await run<StoredToken>(connection, USE, [hash])
  return row ?? null
}

const GOOD_ONES: Prepared = {
  name: 'good-tokens',
  text: `SELECT ${COLUMNS} FROM token WHERE id = ANY($1::text[]) AND ${GOOD}`,
}

/** Those of the tokens that still authenticate. */
export function findGoodTokens(connection: Connection, ids: readonly string[]): Promise<StoredToken[]> {
  return run<StoredToken>(connection, GOOD_ONES, [ids])
}

const LIST: Prepared = {
  name: 'list-tokens',
  text: `SELECT ${COLUMNS} FROM token WHERE revoked_at IS NULL ORDER BY created_at, id`,
}

/** Every token that was not revoked, the oldest first; expired ones among them. */
export function listTokens(connection: Connection): Promise<StoredToken[]> {
  return run<StoredToken>(connection, LIST, [])
}

/** The token with this id, whether or not it is still good; null where there is none. */
export function findToken(store: Store, id: string): Promise<StoredToken | null> {
  return store.prisma.token.findUnique({ where: { id }, omit: { hash: true, revokedAt: true } })
}

const REVOKE: Prepared = {
  name: 'revoke-token',
  text: `UPDATE token SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL`,
}

/** Ends a token for ever; without effect where that was done before. */
export async function revokeToken(connection: Connection, id: string): Promise<void> {
  await run(connection, REVOKE, [id])
}
