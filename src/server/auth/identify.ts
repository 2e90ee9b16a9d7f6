import type { IncomingMessage } from 'node:http'
import { type Authenticator, type Identity, readBearer } from './authenticate.ts'

/** The header that proves that a page of ours sent a request: other origins can't set it without being asked for leave. */
export const CSRF_HEADER = 'x-pawl-csrf'

/** Who sent a request, or why nobody is known to have. */
export type Identified =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly why: 'UNAUTHENTICATED' | 'CSRF' }

/**
 * Knows the sender of a request by its bearer token, else by its session. A session speaks only together with
 * {@link CSRF_HEADER}: a browser adds the cookie to whatever any page of this host makes it send.
 */
export async function identify(authenticator: Authenticator, request: IncomingMessage): Promise<Identified> {
  const { authorization, cookie } = request.headers
  if (authorization !== undefined) {
    const token = readBearer(authorization)
    return known(token === null ? null : await authenticator.byToken(token))
  }
  const identity = cookie === undefined ? null : await authenticator.bySession(cookie)
  if (identity && !hasCsrfHeader(request)) return { ok: false, why: 'CSRF' }
  return known(identity)
}

/** True where a page of ours, or no browser at all, sent the request. */
export function hasCsrfHeader(request: IncomingMessage): boolean {
  return request.headers[CSRF_HEADER] !== undefined
}

function known(identity: Identity | null): Identified {
  return identity ? { ok: true, identity } : { ok: false, why: 'UNAUTHENTICATED' }
}
