import { createHash, randomBytes } from 'node:crypto'
import type { Role } from '../lifecycle/words.ts'
import type { Store } from '../store/openStore.ts'
import {
  findToken,
  insertToken,
  listTokens,
  revokeToken as revokeStored,
  type StoredToken,
  useToken,
} from '../store/tokens.ts'
import { object, type Refused, refuse } from './answers.ts'
import { checkRole } from './authorize.ts'
import type { Caller, Commands } from './context.ts'
import { newId } from './ids.ts'

/** What every bearer token begins with, so that secret scanners know one when they see it. */
export const TOKEN_PREFIX = 'pawl_'

/** A token to make. */
export interface CreateToken {
  /** What the token is called: the actor of the events it causes. */
  readonly name: string
  readonly role: Role
  /** The projects it is limited to; empty: all. */
  readonly projects: readonly string[]
  /** Null: it never expires. */
  readonly expiresInSeconds: number | null
}

/** A new token; its secret is told this once and not kept. */
export interface TokenCreated {
  readonly ok: true
  readonly token: StoredToken
  readonly secret: string
}

/**
 * Makes a bearer token. Answers with Forbidden, and with InvalidInput for the role AGENT: such tokens are signed by a
 * claim and die with it.
 */
export async function createToken(
  { store }: Pick<Commands, 'store'>,
  caller: Caller,
  { name, role, projects, expiresInSeconds }: CreateToken,
): Promise<TokenCreated | Refused> {
  const denied = checkRole(caller, 'manageTokens') ?? checkReach(caller, projects)
  if (denied) return denied
  if (role === 'AGENT') {
    const message = 'AGENT tokens come from a claim and end with it; they are not created'
    return refuse({ type: 'InvalidInput', issues: [{ path: ['role'], message }] })
  }
  const secret = TOKEN_PREFIX + randomBytes(32).toString('base64url')
  const id = newId('token')
  const hash = hashSecret(secret)
  const token = await insertToken(store.pool, { id, name, role, projects, hash, expiresInSeconds })
  return { ok: true, token, secret }
}

/**
 * Ends a token for ever, and with it the streams it opened. Doing it again answers the same. Answers with Forbidden or
 * TokenNotFound.
 */
export async function revokeToken(
  { store }: Pick<Commands, 'store'>,
  caller: Caller,
  tokenId: string,
): Promise<{ readonly ok: true; readonly tokenId: string } | Refused> {
  const denied = checkRole(caller, 'manageTokens')
  if (denied) return denied
  const token = await findToken(store, tokenId)
  if (!token) return object({ type: 'TokenNotFound', tokenId })
  const outOfReach = checkReach(caller, token.projects)
  if (outOfReach) return outOfReach
  await revokeStored(store.pool, tokenId)
  return { ok: true, tokenId }
}

/** Every token that was not revoked, as far as the caller's projects reach. Answers with Forbidden. */
export async function readTokens(
  { store }: Pick<Commands, 'store'>,
  caller: Caller,
): Promise<{ readonly ok: true; readonly tokens: StoredToken[] } | Refused> {
  const denied = checkRole(caller, 'manageTokens')
  if (denied) return denied
  const tokens = await listTokens(store.pool)
  return { ok: true, tokens: tokens.filter(({ projects }) => reaches(caller, projects)) }
}

/** Who a bearer token stands for. */
export interface Authenticated {
  readonly tokenId: string
  readonly caller: Caller
  /** When the token stops to authenticate; null: never by itself. */
  readonly expiresAt: Date | null
}

/** Who presents this secret; null where no good token has it: unknown, revoked or expired. */
export async function authenticateToken(
  { pool }: Pick<Store, 'pool'>,
  secret: string,
): Promise<Authenticated | null> {
  if (!secret.startsWith(TOKEN_PREFIX)) return null
  const token = await useToken(pool, hashSecret(secret))
  if (!token) return null
  const { id, name, role, projects, expiresAt } = token
  return { tokenId: id, caller: { name, role, projects, agent: null }, expiresAt }
}

function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** A caller limited to projects makes and ends only tokens limited to some of them, or it could make itself a wider one. */
function reaches(caller: Caller, projects: readonly string[]): boolean {
  if (caller.projects.length === 0) return true
  return projects.length > 0 && projects.every((project) => caller.projects.includes(project))
}

function checkReach(caller: Caller, projects: readonly string[]): Refused | undefined {
  if (reaches(caller, projects)) return undefined
  const detail = `This token is limited to the projects ${caller.projects.join(', ')}; so must be the tokens it manages.`
  return object({ type: 'Forbidden', requiredRole: null, detail })
}
