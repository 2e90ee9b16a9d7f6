import type { IncomingMessage } from 'node:http'

/** Where pages may come from that open sockets. */
export interface OriginOptions {
  /** What browsers call the server, where it was set. */
  readonly publicUrl: string | undefined
  /** Origins beside the server's own. */
  readonly allowedOrigins: readonly string[]
}

/**
 * True where a socket may be opened: no browser asks (those always name an origin), or the page comes from the server, or
 * from an origin that was allowed. A page of another scheme is another's: whoever is on the way may have written it.
 */
export function isOriginAllowed(request: IncomingMessage, options: OriginOptions): boolean {
  const { origin, host = '' } = request.headers
  if (origin === undefined) return true
  if (!URL.canParse(origin)) return false
  const asking = new URL(origin).origin
  const { publicUrl, allowedOrigins } = options
  if ([publicUrl ?? [], allowedOrigins].flat().some((known) => new URL(known).origin === asking)) return true
  // a proxy that keeps the host does not make the server one of plain HTTP
  if (publicUrl !== undefined && new URL(publicUrl).host === host) return false
  return asking === originOf(`${isForwardedSecurely(request) ? 'https' : 'http'}://${host}`)
}

/** True where a proxy says that the browser came over HTTPS, which no page can make its browser say. */
export function isForwardedSecurely(request: IncomingMessage): boolean {
  return /^https\b/.test(String(request.headers['x-forwarded-proto']))
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined
}
