import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Origins of pages that may ask the server. */
export interface OriginOptions {
  /** The server's public URL, if set. */
  readonly publicUrl: string | undefined
  /** Further allowed origins. */
  readonly allowedOrigins: readonly string[]
}

/**
 * True if a socket may be opened: the client is no browser (those always send an origin), or the page is from this server or an allowed
 * origin. A page of another scheme counts as another origin: a page over plain HTTP may have been changed on its way.
 */
export function isOriginAllowed(request: IncomingMessage, options: OriginOptions): boolean {
  const { origin, host = '' } = request.headers
  if (origin === undefined) return true
  if (!URL.canParse(origin)) return false
  const asking = new URL(origin).origin
  const { publicUrl } = options
  if (isListed(asking, options)) return true
  // behind a TLS proxy that forwards the host header, the page's scheme is https
  if (publicUrl !== undefined && new URL(publicUrl).host === host) return false
  return asking === originOf(`${isForwardedSecurely(request) ? 'https' : 'http'}://${host}`)
}

/**
 * The origin of a page elsewhere that may ask by CORS, because it is in `allowedOrigins`; undefined for the server's own pages, all
 * other pages, and programs. Such a page authenticates by a token alone: the cookie of a session, which a browser also sends to other
 * ports of its host, does not count.
 */
export function guestOriginOf(request: IncomingMessage, options: OriginOptions): string | undefined {
  const { origin } = request.headers
  if (origin === undefined || request.headers['sec-fetch-site'] === 'same-origin') return undefined
  if (isOriginAllowed(request, { ...options, allowedOrigins: [] })) return undefined
  return isOriginAllowed(request, options) ? origin : undefined
}

/** Names that always mean this machine; any other name can be made to. */
const LOOPBACK_NAMES = /^(localhost|.+\.localhost)$/

/**
 * As {@link isOriginAllowed}, for an endpoint that programs use without a page of the server: a page whose own host name was rebound to
 * this machine is same-origin to the browser, so the same origin counts only where the host is an address, or means this machine.
 */
export function isOriginTrusted(request: IncomingMessage, options: OriginOptions): boolean {
  if (!isOriginAllowed(request, options)) return false
  const { origin } = request.headers
  if (origin === undefined) return true
  const { origin: asking, hostname } = new URL(origin)
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
  return isAddress || LOOPBACK_NAMES.test(hostname) || isListed(asking, options)
}

function isListed(origin: string, { publicUrl, allowedOrigins }: OriginOptions): boolean {
  return [publicUrl ?? [], allowedOrigins].flat().some((known) => new URL(known).origin === origin)
}

/** True if a proxy says that the browser used HTTPS; no page can set that header. */
export function isForwardedSecurely(request: IncomingMessage): boolean {
  return /^https\b/.test(String(request.headers['x-forwarded-proto']))
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined
}
