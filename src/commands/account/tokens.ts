import { createHash, randomBytes } from 'node:crypto'
import { isReservedName } from '../../lifecycle/run/actor.ts'
import type { Role } from '../../lifecycle/run/enums.ts'
import type { Store } from '../../store/sql/openStore.ts'
import { findToken } from '../../store/account/findToken.ts'
import { insertFirstToken, insertToken, type NewToken } from '../../store/account/insertToken.ts'
import { listTokens } from '../../store/account/listTokens.ts'
import { listPrincipalTokens } from '../../store/account/listPrincipalTokens.ts'
import { revokeToken as revokeStored } from '../../store/account/revokeToken.ts'
import type { IdempotencyKey } from '../../store/sql/idempotencyKey.ts'
import type { StoredToken } from '../../store/account/tokens.ts'
import type { Page, PageRequest } from '../../store/sql/page.ts'
import { useToken } from '../../store/account/useToken.ts'
import { objection, type RefusedWith, refuse, type ResultOf } from '../kit/answers.ts'
import { checkRole, reachOf } from '../kit/authorize.ts'
import type { Caller, Commands, Keyed } from '../kit/context.ts'
import { newId } from '../kit/ids.ts'
import { replayToken, tokenKeyOf } from './tokenReplay.ts'

/** Prefix of every bearer token, recognized by secret scanners. */
export const TOKEN_PREFIX = 'pawl_'

/** The input of `createToken`. */
export interface CreateToken extends Keyed {
  /** Whom it is for: a new principal by its name, the actor of the events it causes, or an existing one by its id. */
  readonly principal: TokenPrincipal
  readonly role: Role
  /** The projects it is limited to; empty: all. */
  readonly projects: readonly string[]
  /** Null: it never expires. */
  readonly expiresInSeconds: number | null
}

/** A new principal, or an existing one. */
export type TokenPrincipal =
  | { readonly name: string; readonly id?: null | undefined }
  | { readonly id: string; readonly name?: null | undefined }

/** A token as it was made; its secret is returned once and not stored. */
export interface TokenCreated {
  readonly ok: true
  readonly token: StoredToken
  /** Null in the answer to a request whose key made the token before. */
  readonly secret: string | null
  readonly replayed: boolean
}

/**
 * Creates a bearer token, for a new principal or an existing one. Answers with Forbidden, NotFound, IdempotencyMismatch, and with InvalidInput for a
 * name that is already used or reserved for the server, and for the role AGENT: such tokens are signed by a claim and
 * end with it.
 */
export async function createToken(
  { store }: Pick<Commands, 'store'>,
  caller: Caller,
  input: CreateToken,
): Promise<ResultOf<'createToken', TokenCreated>> {
  const { principal, role, projects, expiresInSeconds } = input
  const denied = checkRole(caller, 'createToken') ?? checkReach(caller, projects)
  if (denied) return denied
  if (role === 'AGENT')
    return invalid('role', 'AGENT tokens come from a claim and end with it; they are not created')
  const key = tokenKeyOf(caller, 'createToken', input)
  const replayed = await replayToken(store.pool, key)
  if (replayed) return replayed
  const grant = { role, projects, expiresInSeconds }
  if (principal.id != null)
    return (
      (await checkPrincipal(store, caller, principal.id, 'principal.id')) ??
      addToken(store, principal.id, grant, key)
    )
  const { name } = principal
  const taken = invalid(
    'principal.name',
    'is already used and cannot be reused; add a token to that principal',
  )
  if (isReservedName(name)) return invalid('principal.name', 'is reserved')
  const { secret, ...made } = makeToken(newId('principal'), grant, key)
  const token = await insertFirstToken(store.pool, made, name)
  if (token) return { ok: true, token, secret, replayed: false }
  // the same request may have been first
  return (await replayToken(store.pool, key)) ?? taken
}

/** What a rotation does with the old token. */
export const OLD_TOKEN = ['KEEP', 'REVOKE'] as const
export type OldToken = (typeof OLD_TOKEN)[number]

/** The input of `rotateToken`. */
export interface RotateToken extends Keyed {
  readonly tokenId: string
  /** Null: the full lifetime of the old token. */
  readonly expiresInSeconds: number | null
  /** What becomes of the old token; a kept one stays valid until it is revoked. */
  readonly oldToken: OldToken
}

/**
 * Adds a token to the principal of an existing one, with the same role and projects. Works for an expired or revoked
 * token too. Answers with Forbidden, NotFound, IdempotencyMismatch, and InvalidInput for the server's own token.
 */
export async function rotateToken(
  { store, announce }: Pick<Commands, 'store' | 'announce'>,
  caller: Caller,
  input: RotateToken,
): Promise<ResultOf<'rotateToken', TokenCreated>> {
  const { tokenId, expiresInSeconds, oldToken } = input
  const denied = checkRole(caller, 'rotateToken')
  if (denied) return denied
  const old = await findToken(store.pool, tokenId, { evenRevoked: true })
  if (!old) return refuse({ type: 'NotFound', kind: 'TOKEN', id: tokenId })
  const outOfReach = await checkPrincipal(store, caller, old.principalId, 'tokenId')
  if (outOfReach) return outOfReach
  const { principalId, role, projects, createdAt, expiresAt } = old
  const lasted = expiresAt && Math.round((expiresAt.getTime() - createdAt.getTime()) / 1000)
  const grant = { role, projects, expiresInSeconds: expiresInSeconds ?? lasted }
  const key = tokenKeyOf(caller, 'rotateToken', input)
  const created = (await replayToken(store.pool, key)) ?? (await addToken(store, principalId, grant, key))
  // also where it was made before: the server may have ended between the two
  if (created.ok && oldToken === 'REVOKE') {
    await revokeStored(store.pool, tokenId)
    announce(tokenId)
  }
  return created
}

/** Adds a token to the principal reserved for processes that can read the server's data directory. */
export async function createLocalToken({
  store,
}: Pick<Commands, 'store'>): Promise<{ readonly token: StoredToken; readonly secret: string }> {
  const grant = { role: 'ADMIN', projects: [], expiresInSeconds: null } as const
  const { secret, ...made } = makeToken(LOCAL_PRINCIPAL, grant, null)
  const token = await insertToken(store.pool, made)
  if (!token) throw new Error(`the database was not migrated: it has no principal ${LOCAL_PRINCIPAL}`)
  return { token, secret }
}

const LOCAL_PRINCIPAL = 'local'

type Grant = Pick<CreateToken, 'role' | 'projects' | 'expiresInSeconds'>

function makeToken(
  principalId: string,
  grant: Grant,
  key: IdempotencyKey | null,
): NewToken & { readonly secret: string } {
  const secret = TOKEN_PREFIX + randomBytes(32).toString('base64url')
  return { ...grant, id: newId('token'), principalId, hash: hashSecret(secret), secret, key }
}

async function addToken(
  { pool }: Pick<Store, 'pool'>,
  principalId: string,
  grant: Grant,
  key: IdempotencyKey | null,
): Promise<TokenCreated | RefusedWith<'NotFound' | 'IdempotencyMismatch'>> {
  const { secret, ...made } = makeToken(principalId, grant, key)
  const token = await insertToken(pool, made)
  if (token) return { ok: true, token, secret, replayed: false }
  // the same request may have been first
  const replayed = await replayToken(pool, key)
  return replayed ?? refuse({ type: 'NotFound', kind: 'PRINCIPAL', id: principalId })
}

/**
 * Returns a refusal if the caller may not act for a principal, because that has wider access or is the server's own;
 * otherwise undefined.
 */
async function checkPrincipal(
  { pool }: Pick<Store, 'pool'>,
  caller: Caller,
  principalId: string,
  path: string,
): Promise<RefusedWith<'InvalidInput' | 'Forbidden'> | undefined> {
  const issue =
    'belongs to the server, which makes its token; remove the file `token` of its data directory for another'
  if (isReservedName(principalId)) return invalid(path, issue)
  const tokens = await listPrincipalTokens(pool, principalId)
  return tokens.map(({ projects }) => checkReach(caller, projects)).find((refused) => refused !== undefined)
}

function invalid(path: string, message: string): RefusedWith<'InvalidInput'> {
  return refuse({ type: 'InvalidInput', issues: [{ path: path.split('.'), message }] })
}

/**
 * Revokes a token permanently, and ends the streams it opened. Repeating it returns the same answer. Answers with
 * Forbidden or NotFound.
 */
export async function revokeToken(
  { store, announce }: Pick<Commands, 'store' | 'announce'>,
  caller: Caller,
  tokenId: string,
): Promise<ResultOf<'revokeToken', { readonly ok: true; readonly tokenId: string }>> {
  const denied = checkRole(caller, 'revokeToken')
  if (denied) return denied
  const token = await findToken(store.pool, tokenId, { evenRevoked: true })
  if (!token) return refuse({ type: 'NotFound', kind: 'TOKEN', id: tokenId })
  const outOfReach = checkReach(caller, token.projects)
  if (outOfReach) return outOfReach
  await revokeStored(store.pool, tokenId)
  announce(tokenId)
  return { ok: true, tokenId }
}

/** Lists the tokens that were not revoked and that the caller may manage. Answers with Forbidden. */
export async function readTokens(
  { store }: Pick<Commands, 'store'>,
  caller: Caller,
  page: PageRequest,
): Promise<{ readonly ok: true; readonly page: Page<StoredToken> } | RefusedWith<'Forbidden'>> {
  const denied = checkRole(caller, 'tokens')
  if (denied) return denied
  return { ok: true, page: await listTokens(store.pool, reachOf(caller), page) }
}

/** Reads a token that was not revoked, if the caller may manage it; null if there is none. Answers with Forbidden. */
export async function readToken(
  { store }: Pick<Commands, 'store'>,
  caller: Caller,
  id: string,
): Promise<{ readonly ok: true; readonly token: StoredToken | null } | RefusedWith<'Forbidden'>> {
  const denied = checkRole(caller, 'tokens')
  if (denied) return denied
  const token = await findToken(store.pool, id, { evenRevoked: false })
  return { ok: true, token: token && reaches(caller, token.projects) ? token : null }
}

/** The caller that a stored token authenticates. */
export function callerOf({ id, principalId, name, role, projects }: StoredToken): Caller {
  return { principalId, name, role, projects, agent: null, tokenId: id }
}

/** The result of authenticating a bearer token. */
export interface Authenticated {
  readonly tokenId: string
  readonly caller: Caller
  /** When the token expires; null: never. */
  readonly expiresAt: Date | null
  /** For how long it was still valid, in milliseconds; null: it never expires. */
  readonly remainingMs: number | null
}

/** Returns the caller for this secret; null if no valid token has it: unknown, revoked or expired. */
export async function authenticateToken(
  { pool }: Pick<Store, 'pool'>,
  secret: string,
): Promise<Authenticated | null> {
  if (!secret.startsWith(TOKEN_PREFIX)) return null
  const token = await useToken(pool, hashSecret(secret))
  if (!token) return null
  const { id, expiresAt, remainingMs } = token
  return { tokenId: id, caller: callerOf(token), expiresAt, remainingMs }
}

function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/**
 * A caller limited to projects may create and revoke only tokens limited to a subset of them; otherwise it could
 * create a wider token for itself.
 */
function reaches(caller: Caller, projects: readonly string[]): boolean {
  if (caller.projects.length === 0) return true
  return projects.length > 0 && projects.every((project) => caller.projects.includes(project))
}

function checkReach(caller: Caller, projects: readonly string[]): RefusedWith<'Forbidden'> | undefined {
  if (reaches(caller, projects)) return undefined
  const detail = `This token is limited to the projects ${caller.projects.join(', ')}; so must be the tokens it manages.`
  return objection({ type: 'Forbidden', requiredRole: null, detail })
}
