import { column, float, nullable } from '../sql/statement.ts'
import type { Role } from '../../lifecycle/run/enums.ts'

/** A stored bearer token, identified by the SHA-256 of its secret; the secret itself is never stored. */
export interface StoredToken {
  readonly id: string
  readonly principalId: string
  /** Of the principal. */
  readonly name: string
  readonly role: Role
  /** The projects it is limited to; empty: all. */
  readonly projects: readonly string[]
  readonly createdAt: Date
  /** When it expires; null: never. */
  readonly expiresAt: Date | null
  /** When it was last used, to the minute. */
  readonly lastUsedAt: Date | null
  /** For how long it was still valid when it was read, in milliseconds; null: it never expires. */
  readonly remainingMs: number | null
}

/** Columns of a token `t` of a principal `p`. */
export const COLUMNS = `t.id, t.principal_id AS "principalId", p.name, t.role, t.projects, t.created_at AS "createdAt",
  t.expires_at AS "expiresAt", t.last_used_at AS "lastUsedAt",
  (extract(epoch FROM t.expires_at - clock_timestamp()) * 1000)::float8 AS "remainingMs"`

export const TOKEN_ROW = {
  id: column('token', 'id'),
  principalId: column('token', 'principal_id'),
  name: column('principal', 'name'),
  role: column('token', 'role'),
  projects: column('token', 'projects'),
  createdAt: column('token', 'created_at'),
  expiresAt: column('token', 'expires_at'),
  lastUsedAt: column('token', 'last_used_at'),
  remainingMs: nullable(float),
}

/** The condition that a token `t` is valid. */
export const GOOD = '(t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp()))'
