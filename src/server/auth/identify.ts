import type { IncomingMessage } from 'node:http'
import { type Authenticator, type Identity, readBearer } from './authenticate.ts'

/** Proves that a page of this server sent a request: pages of other origins can't set it without a CORS preflight. */
export const CSRF_HEADER = 'x-pawl-csrf'

/** The sender of a request, or why it is unknown. */
export type Identified =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly why: 'UNAUTHENTICATED' | 'CSRF' }

/**
 * Identifies the sender of a request by its bearer token, else by its session. A session counts only together with
 * {@link CSRF_HEADER}: a browser adds the cookie to requests of any page of this host.
 */
export async function identify(
  authenticator: Authenticator,
  request: IncomingMessage,
  { takesSessions = true }: { readonly takesSessions?: boolean } = {},
): Promise<Identified> {
  const { authorization, cookie } = request.headers
  if (authorization !== undefined) {
    const token = readBearer(authorization)
    return known(token === null ? null : await authenticator.byToken(token))
  }
  const identity = cookie === undefined || !takesSessions ? null : await authenticator.bySession(cookie)
  if (identity && !hasCsrfHeader(request)) return { ok: false, why: 'CSRF' }
  return known(identity)
}

/** True if a page of this server, or no browser at all, sent the request. */
export function hasCsrfHeader(request: IncomingMessage): boolean {
  return request.headers[CSRF_HEADER] !== undefined
}

function known(identity: Identity | null): Identified {
  return identity ? { ok: true, identity } : { ok: false, why: 'UNAUTHENTICATED' }
}
