import type { Caller } from '../../commands/kit/context.ts'
import { authenticateToken, callerOf } from '../../commands/account/tokens.ts'
import { findLiveClaims } from '../../store/account/findLiveClaims.ts'
import type { Store } from '../../store/sql/openStore.ts'
import { findValidTokens } from '../../store/account/findValidTokens.ts'
import { isOver, type PageGrant, type PageTokens } from './pageTokens.ts'
import { AGENT_TOKEN_PREFIX, type AgentClaim, type AgentTokens } from './agentTokens.ts'
import type { SessionCookies } from './sessionCookies.ts'
import { keepLookups } from './keepLookups.ts'
import { shareLookups } from './shareLookups.ts'

/** How a caller was authenticated; checked again while its streams are open. */
export type Credential =
  | { readonly kind: 'token' | 'session'; readonly tokenId: string }
  | { readonly kind: 'agent'; readonly claim: AgentClaim }
  | { readonly kind: 'page'; readonly grant: PageGrant }

/** An authenticated caller. */
export interface Identity {
  readonly caller: Caller
  readonly credential: Credential
  /** False for an AGENT token whose claim is over: its late mutations are answered, its queries are refused. */
  readonly isLive: boolean
}

/** Authenticates callers. */
export interface Authenticator {
  /** The identity of a bearer token; null if it is unknown, revoked or expired. */
  byToken(token: string): Promise<Identity | null>
  /** The identity of the session in a `Cookie` header; null if there is none or its token is not valid any more. */
  bySession(cookieHeader: string | undefined): Promise<Identity | null>
  /** Whether a credential is still valid, as of a second ago at most. */
  isValid(credential: Credential): Promise<boolean>
  /** Those of the credentials that are not valid any more, as of now. */
  findEnded(credentials: readonly Credential[]): Promise<Set<Credential>>
  /** Forgets whom tokens belong to, because one of them was revoked. */
  forget(): void
}

/** What callers are authenticated with. */
export interface AuthenticatorOptions {
  readonly store: Store
  readonly agentTokens: AgentTokens
  readonly pageTokens: PageTokens
  readonly sessions: SessionCookies
}

/**
 * How it is kept whom a token belongs to: a server whose connection for signals is cut may take a revoked token for that long. Others
 * hear of a revocation at once.
 */
const KEPT = { keepMs: 1_000, max: 10_000 }

/**
 * Creates an authenticator for the tokens and claims in the database. Whom a token belongs to is kept for a second; whether a claim is
 * live is looked up each time.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { store, agentTokens, pageTokens, sessions } = options
  const { pool } = store

  const byAgentToken = shareLookups(async (token: string): Promise<Identity | null> => {
    const claim = agentTokens.read(token)
    if (!claim) return null
    const live = await findLiveClaims(pool, [claim])
    const name = `agent#${claim.fence}`
    const caller: Caller = { principalId: claimKey(claim), name, role: 'AGENT', projects: [], agent: claim }
    return { caller, credential: { kind: 'agent', claim }, isLive: live.length === 1 }
  })

  const bySecret = keepLookups((secret) => authenticateToken(store, secret), KEPT)
  const byId = keepLookups(async (tokenId) => (await findValidTokens(pool, [tokenId]))[0] ?? null, KEPT)

  async function byPageToken(token: string): Promise<Identity | null> {
    const grant = pageTokens.read(token)
    const maker = grant && (await byId.find(grant.tokenId))
    if (!grant || !maker) return null
    const { name, projects } = maker
    const { runId } = grant
    const caller: Caller = {
      principalId: pageKey(grant),
      name,
      role: 'VIEWER',
      projects,
      agent: null,
      pageRunId: runId,
    }
    return { caller, credential: { kind: 'page', grant }, isLive: true }
  }

  async function byStoredToken(secret: string): Promise<Identity | null> {
    const found = await bySecret.find(secret)
    if (!found) return null
    const { caller, tokenId } = found
    return { caller, credential: { kind: 'token', tokenId }, isLive: true }
  }

  async function byTokenId(tokenId: string): Promise<Identity | null> {
    const token = await byId.find(tokenId)
    if (!token) return null
    return { caller: callerOf(token), credential: { kind: 'session', tokenId }, isLive: true }
  }

  return {
    byToken(token) {
      if (token.startsWith(AGENT_TOKEN_PREFIX)) return byAgentToken(token)
      return pageTokens.isOne(token) ? byPageToken(token) : byStoredToken(token)
    },

    async bySession(cookieHeader) {
      const tokenId = sessions.read(cookieHeader)
      return tokenId === null ? null : byTokenId(tokenId)
    },

    async isValid(credential) {
      if (credential.kind === 'agent') return (await findLiveClaims(pool, [credential.claim])).length === 1
      if (credential.kind === 'page' && isOver(credential.grant)) return false
      return (await byId.find(tokenIdOf(credential))) !== null
    },

    forget() {
      bySecret.forget()
      byId.forget()
    },

    async findEnded(credentials) {
      const tokenIds = credentials.flatMap((credential) =>
        credential.kind === 'agent' ? [] : [tokenIdOf(credential)],
      )
      const claims = credentials.flatMap((credential) =>
        credential.kind === 'agent' ? [credential.claim] : [],
      )
      const good = new Set<string>()
      if (tokenIds.length > 0) {
        for (const { id } of await findValidTokens(pool, [...new Set(tokenIds)])) good.add(id)
      }
      if (claims.length > 0) {
        for (const claim of await findLiveClaims(pool, claims)) good.add(claimKey(claim))
      }
      return new Set(
        credentials.filter((credential) => {
          if (credential.kind === 'agent') return !good.has(claimKey(credential.claim))
          return !good.has(tokenIdOf(credential)) || (credential.kind === 'page' && isOver(credential.grant))
        }),
      )
    },
  }
}

/** A key that is equal for all credentials of one token, of one claim, or of the pages that one token shows a run on. */
export function credentialKey(credential: Credential): string {
  switch (credential.kind) {
    case 'agent':
      return claimKey(credential.claim)
    case 'page':
      return pageKey(credential.grant)
    default:
      return credential.tokenId
  }
}

/** The stored token that the credential stands on. */
function tokenIdOf(credential: Exclude<Credential, { kind: 'agent' }>): string {
  return credential.kind === 'page' ? credential.grant.tokenId : credential.tokenId
}

function pageKey({ tokenId, runId }: PageGrant): string {
  return `${tokenId}/${runId}`
}

function claimKey({ runId, fence }: AgentClaim): string {
  return `${runId}#${fence}`
}

/** The token of an `Authorization` header or of `connectionParams`; null if there is none. */
export function readBearer(authorization: string | undefined): string | null {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? null
}
