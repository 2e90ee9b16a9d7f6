import { createHmac, timingSafeEqual } from 'node:crypto'

/** Session cookies. Each names its token, and is valid only as long as that is. */
export interface SessionCookies {
  /** The `Set-Cookie` header that signs a browser in. */
  open(tokenId: string, isSecure: boolean): string
  /** The `Set-Cookie` header that signs it out. */
  clear(isSecure: boolean): string
  /** The token of the session in a `Cookie` header; null if it has no valid session. */
  read(header: string | undefined): string | null
}

/** Options of session cookies. */
export interface SessionOptions {
  readonly installationId: string
  readonly secret: string
  /** How long a session lasts, in seconds. */
  readonly seconds: number
}

/**
 * Session cookies signed with the installation's secret, so that every server of one database accepts them. Browsers store cookies by
 * host and not by port: the cookie's name distinguishes installations on one host.
 */
export function createSessionCookies({ installationId, secret, seconds }: SessionOptions): SessionCookies {
  const name = `pawl_${installationId.replaceAll('-', '').slice(0, 12)}`
  const sign = (body: string) => createHmac('sha256', secret).update(`session\n${body}`).digest()
  const write = (value: string, maxAge: number, isSecure: boolean) =>
    `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
  return {
    open(tokenId, isSecure) {
      const body = `${tokenId}.${Math.floor(Date.now() / 1000 + seconds)}`
      return write(`${body}.${sign(body).toString('base64url')}`, Math.floor(seconds), isSecure)
    },
    clear: (isSecure) => write('', 0, isSecure),
    read(header) {
      const value = findCookie(header, name)
      const [, body, tokenId, until, signature] =
        /^((tok_[0-9a-z]{26})\.(\d{1,12}))\.([A-Za-z0-9_-]{43})$/.exec(value ?? '') ?? []
      if (!body || !tokenId || !signature) return null
      const given = Buffer.from(signature, 'base64url')
      const expected = sign(body)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
      return Number(until) * 1000 > Date.now() ? tokenId : null
    },
  }
}

function findCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=')
    if (pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return undefined
}
