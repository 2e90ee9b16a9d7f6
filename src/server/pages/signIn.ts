import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Authenticator } from '../auth/authenticate.ts'
import type { Dashboard } from './dashboard.ts'
import { hasCsrfHeader, identify } from '../auth/identify.ts'
import type { Metrics } from '../health/metrics.ts'
import { isForwardedSecurely } from '../http/origins.ts'
import { homePage, signedInPage, signInPage } from './page.ts'
import { respondPage } from './respondPage.ts'
import { isJson, readBody } from '../http/readBody.ts'
import { allowMethods, respond, respondText } from '../http/respond.ts'
import type { SessionCookies } from '../auth/sessionCookies.ts'
import { SIGN_IN_CODE_MS, type SignInCodes } from '../auth/signInCodes.ts'

/** Options for signing in. */
export interface SignInOptions {
  readonly authenticator: Authenticator
  readonly sessions: SessionCookies
  readonly codes: SignInCodes
  readonly dashboard: Dashboard
  readonly metrics: Metrics
  /** The server's public URL, if set. */
  readonly publicUrl: string | undefined
}

/** The requests by which browsers sign in and out. */
export interface SignIn {
  /** Sends a page of the dashboard, or the sign-in page. */
  home(request: IncomingMessage, response: ServerResponse): Promise<void>
  signIn(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Issues a sign-in link for the token that asks. */
  issueLink(request: IncomingMessage, response: ServerResponse): Promise<void>
  signOut(request: IncomingMessage, response: ServerResponse): Promise<void>
}

const bodySchema = z.object({ token: z.string() })
/** Limits of the body of a sign-in. */
const BODY = { bytes: 4096, otherBytes: 4096, values: 100, depth: 10 } as const

/** Signs browsers in by a one-time link or a token. The session is bound to that token. */
export function createSignIn(options: SignInOptions): SignIn {
  const { authenticator, sessions, codes, dashboard, metrics, publicUrl } = options
  const isSecure = (request: IncomingMessage) =>
    publicUrl?.startsWith('https:') === true || isForwardedSecurely(request)

  async function redeem(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const code = new URL(request.url ?? '/', 'http://localhost').searchParams.get('code')
    if (code === null) return respondPage(response, 200, signInPage())
    const tokenId = codes.redeem(code)
    const cookie = tokenId === null ? undefined : sessions.open(tokenId, isSecure(request))
    // the token may have been revoked in the meantime
    if (cookie && (await authenticator.bySession(cookie.split(';', 1)[0]))) {
      return respondPage(response, 200, signedInPage(), cookie)
    }
    metrics.countRejected('unauthenticated')
    respondPage(response, 403, signInPage('This link was already used, or has expired. A new one: pawl open'))
  }

  async function present(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isJson(request.headers['content-type'])) return respondText(response, 415, 'Send JSON.', CLOSE)
    const body = await readBody(request, BODY)
    const token = body.ok ? readToken(body.text) : undefined
    if (token === undefined) return respondText(response, 400, 'Send {"token": "…"}.', CLOSE)
    const { credential } = (await authenticator.byToken(token)) ?? {}
    if (credential?.kind !== 'token') {
      metrics.countRejected('unauthenticated')
      return respondText(response, 401, 'This token is not valid.')
    }
    respond(response, 204, '', { 'set-cookie': sessions.open(credential.tokenId, isSecure(request)) })
  }

  return {
    async home(request, response) {
      if (!allowMethods(request, response, ['GET', 'HEAD'])) return
      const identity = await authenticator.bySession(request.headers.cookie)
      if (!identity) return respondPage(response, 200, signInPage())
      if (await dashboard.sendPage(request, response)) return
      respondPage(response, 200, homePage(identity.caller))
    },
    async signIn(request, response) {
      if (request.method === 'GET') return redeem(request, response)
      if (!allowMethods(request, response, ['GET', 'POST'])) return
      if (!requireCsrf(request, response)) return
      return present(request, response)
    },
    async issueLink(request, response) {
      if (!allowMethods(request, response, ['POST'])) return
      // never for the session of a browser: a page could sign in another one by it
      const identified = await identify(authenticator, request, { takesSessions: false })
      const credential = identified.ok ? identified.identity.credential : undefined
      if (credential?.kind !== 'token') {
        metrics.countRejected('unauthenticated')
        return respondText(response, 401, 'Send a valid token of a person or a program.', CLOSE)
      }
      const link = {
        path: `/sign-in?code=${codes.issue(credential.tokenId)}`,
        publicUrl: publicUrl ?? null,
        expiresInSeconds: SIGN_IN_CODE_MS / 1_000,
      }
      respond(response, 201, JSON.stringify(link), { 'content-type': 'application/json', ...CLOSE })
    },
    async signOut(request, response) {
      if (!allowMethods(request, response, ['POST'])) return
      if (!requireCsrf(request, response)) return
      respond(response, 204, '', { 'set-cookie': sessions.clear(isSecure(request)) })
    },
  }

  function requireCsrf(request: IncomingMessage, response: ServerResponse): boolean {
    if (hasCsrfHeader(request)) return true
    metrics.countRejected('csrf')
    respondText(response, 403, 'This request must come from a page of Pawl.', CLOSE)
    return false
  }
}

/** Closes the connection, since the rest of the request was not read. */
const CLOSE = { connection: 'close' }

/** Sends a page. */
function readToken(text: string): string | undefined {
  try {
    return bodySchema.parse(JSON.parse(text)).token
  } catch {
    return undefined
  }
}
