import { createHash, randomBytes } from 'node:crypto'
import { isReservedName } from '../../lifecycle/run/actor.ts'
import type { Role } from '../../lifecycle/run/words.ts'
import type { Store } from '../../store/sql/openStore.ts'
import { findToken } from '../../store/account/findToken.ts'
import { insertFirstToken, insertToken, type NewToken } from '../../store/account/insertToken.ts'
import { listTokens } from '../../store/account/listTokens.ts'
import { listPrincipalTokens } from '../../store/account/listPrincipalTokens.ts'
import { revokeToken as revokeStored } from '../../store/account/revokeToken.ts'
import type { StoredToken } from '../../store/account/tokens.ts'
import { useToken } from '../../store/account/useToken.ts'
import { objection, type Refused, refuse, type Result, type ResultOf } from '../kit/answers.ts'
import { checkRole } from '../kit/authorize.ts'
import type { Caller, Commands } from '../kit/context.ts'
import { newId } from '../kit/ids.ts'

/** What every bearer token begins with, so that secret scanners know one when they see it. */
export const TOKEN_PREFIX = 'pawl_'

/** A token to make. */
export interface CreateToken {
  /** The name of a new principal, the actor of the events it causes; null for a token of one that there is. */
  readonly name?: string | null | undefined
  /** The principal that the token is added to; null for a new one. */
  readonly principalId?: string | null | undefined
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
 * Makes a bearer token: of a new principal, or one more of a principal that there is. Answers with Forbidden, and with
 * InvalidInput for a name that was given before or is the server's own, and for the role AGENT: such tokens are signed by
 * a claim and die with it.
 */
export async function createToken(
  { store }: Pick<Commands, 'store'>,
  caller: Caller,
  { name = null, principalId = null, role, projects, expiresInSeconds }: CreateToken,
): Promise<ResultOf<'createToken', TokenCreated>> {
  const denied = checkRole(caller, 'createToken') ?? checkReach(caller, projects)
  if (denied) return denied
  if (role === 'AGENT')
    return invalid('role', 'AGENT tokens come from a claim and end with it; they are not created')
  if ((name === null) === (principalId === null))
    return invalid('name', 'give the name of a new principal, or the id of one that there is')
  const grant = { role, projects, expiresInSeconds }
  if (principalId !== null)
    return (await checkPrincipal(store, caller, principalId)) ?? addToken(store, principalId, grant)
  const taken = invalid('name', 'was given before, and is never given again; add a token to that principal')
  if (name === null || isReservedName(name)) return invalid('name', 'is one of the names that Pawl keeps')
  const { secret, ...made } = makeToken(newId('principal'), grant)
  const token = await insertFirstToken(store.pool, made, name)
  return token ? { ok: true, token, secret } : taken
}

/** A token to be followed by another one of its principal. */
export interface RotateToken {
  readonly tokenId: string
  /** Null: as long as the old one was valid in all. */
  readonly expiresInSeconds: number | null
  /** Whether the old one ends at once. */
  readonly revoke: boolean
}

/**
 * Adds a token to the principal of another one, with that one's role and projects: who it stands for stays the same. Works for
 * a token that is no good any more. Answers with Forbidden, TokenNotFound, and InvalidInput for the server's own token.
 */
export async function rotateToken(
  { store }: Pick<Commands, 'store'>,
  caller: Caller,
  { tokenId, expiresInSeconds, revoke }: RotateToken,
): Promise<ResultOf<'rotateToken', TokenCreated>> {
  const denied = checkRole(caller, 'rotateToken')
  if (denied) return denied
  const old = await findToken(store.pool, tokenId)
  if (!old) return objection({ type: 'TokenNotFound', tokenId })
  const outOfReach = await checkPrincipal(store, caller, old.principalId)
  if (outOfReach) return outOfReach
  const { principalId, role, projects, createdAt, expiresAt } = old
  const lasted = expiresAt && Math.round((expiresAt.getTime() - createdAt.getTime()) / 1000)
  const created = await addToken(store, principalId, {
    role,
    projects,
    expiresInSeconds: expiresInSeconds ?? lasted,
  })
  if (created.ok && revoke) await revokeStored(store.pool, tokenId)
  return created
}

/** Adds a token to the principal that the server keeps for whoever reads its data directory. */
export async function createLocalToken({ store }: Pick<Commands, 'store'>): Promise<TokenCreated> {
  const created = await addToken(store, LOCAL_PRINCIPAL, {
    role: 'ADMIN',
    projects: [],
    expiresInSeconds: null,
  })
  if (!created.ok) throw new Error(created.problem.message)
  return created
}

const LOCAL_PRINCIPAL = 'local'

type Grant = Pick<CreateToken, 'role' | 'projects' | 'expiresInSeconds'>

function makeToken(principalId: string, grant: Grant): NewToken & { readonly secret: string } {
  const secret = TOKEN_PREFIX + randomBytes(32).toString('base64url')
  return { ...grant, id: newId('token'), principalId, hash: hashSecret(secret), secret }
}

async function addToken(
  { pool }: Pick<Store, 'pool'>,
  principalId: string,
  grant: Grant,
): Promise<Result<TokenCreated, 'InvalidInput'>> {
  const { secret, ...made } = makeToken(principalId, grant)
  const token = await insertToken(pool, made)
  return token ? { ok: true, token, secret } : invalid('principalId', 'there is no such principal')
}

/** A refusal where the caller may not act for a principal: it reaches less than that does, or it is the server's own. */
async function checkPrincipal(
  { pool }: Pick<Store, 'pool'>,
  caller: Caller,
  principalId: string,
): Promise<Refused<'InvalidInput' | 'Forbidden'> | undefined> {
  const issue =
    'belongs to the server, which makes its token; remove the file `token` of its data directory for another'
  if (isReservedName(principalId)) return invalid('principalId', issue)
  const tokens = await listPrincipalTokens(pool, principalId)
  return tokens.map(({ projects }) => checkReach(caller, projects)).find((refused) => refused !== undefined)
}

function invalid(path: string, message: string): Refused<'InvalidInput'> {
  return refuse({ type: 'InvalidInput', issues: [{ path: [path], message }] })
}

/**
 * Ends a token for ever, and with it the streams it opened. Doing it again answers the same. Answers with Forbidden or
 * TokenNotFound.
 */
export async function revokeToken(
  { store }: Pick<Commands, 'store'>,
  caller: Caller,
  tokenId: string,
): Promise<ResultOf<'revokeToken', { readonly ok: true; readonly tokenId: string }>> {
  const denied = checkRole(caller, 'revokeToken')
  if (denied) return denied
  const token = await findToken(store.pool, tokenId)
  if (!token) return objection({ type: 'TokenNotFound', tokenId })
  const outOfReach = checkReach(caller, token.projects)
  if (outOfReach) return outOfReach
  await revokeStored(store.pool, tokenId)
  return { ok: true, tokenId }
}

/** Every token that was not revoked, as far as the caller's projects reach. Answers with Forbidden. */
export async function readTokens(
  { store }: Pick<Commands, 'store'>,
  caller: Caller,
): Promise<Result<{ readonly ok: true; readonly tokens: StoredToken[] }, 'Forbidden'>> {
  const denied = checkRole(caller, 'tokens')
  if (denied) return denied
  const tokens = await listTokens(store.pool)
  return { ok: true, tokens: tokens.filter(({ projects }) => reaches(caller, projects)) }
}

/** Who calls with a stored token. */
export function callerOf({ principalId, name, role, projects }: StoredToken): Caller {
  return { principalId, name, role, projects, agent: null }
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
  const { id, expiresAt } = token
  return { tokenId: id, caller: callerOf(token), expiresAt }
}

function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** A caller limited to projects makes and ends only tokens limited to some of them, or it could make itself a wider one. */
function reaches(caller: Caller, projects: readonly string[]): boolean {
  if (caller.projects.length === 0) return true
  return projects.length > 0 && projects.every((project) => caller.projects.includes(project))
}

function checkReach(caller: Caller, projects: readonly string[]): Refused<'Forbidden'> | undefined {
  if (reaches(caller, projects)) return undefined
  const detail = `This token is limited to the projects ${caller.projects.join(', ')}; so must be the tokens it manages.`
  return objection({ type: 'Forbidden', requiredRole: null, detail })
}
