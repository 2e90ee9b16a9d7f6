import type { IncomingMessage } from 'node:http'

/**
 * True where a socket may be opened: no browser asks (those always name an origin), or the page comes from the address it
 * talks to, or from an origin that was allowed.
 */
export function isOriginAllowed(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers
  if (origin === undefined) return true
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  return url.host === host || allowed.some((other) => new URL(other).origin === url.origin)
}
