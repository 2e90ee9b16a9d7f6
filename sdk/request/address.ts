import { PawlAddressError } from '../kit/errors.ts'

const EXAMPLE = 'http://127.0.0.1:4400'

/**
 * Parses and validates a server address: an HTTP or HTTPS scheme, no credentials and no query.
 *
 * @param page the base of an address that is only a path, in a browser
 * @throws PawlAddressError, which says what to write instead.
 */
export function readAddress(given: string | URL, page?: string): URL {
  const text = String(given).trim()
  if (page !== undefined && text.startsWith('/')) return new URL(text, page)
  const [, scheme, rest = text] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? []
  const wanted = scheme && /^(https|wss)$/i.test(scheme) ? 'https' : 'http'
  const url = /^(\/|$)/.test(rest) ? undefined : parse(`${wanted}://${rest}`)
  if (!url) throw new PawlAddressError(`This is no address of a server. Write it like ${EXAMPLE}`)
  const meant = `${url.protocol}//${url.host}${url.pathname.replace(/\/(sign-in)?$/, '')}`
  const refuse = (what: string) => new PawlAddressError(`The server's address ${what}. Write ${meant}`)
  if (url.username || url.password) throw refuse('holds credentials: give a token (PAWL_TOKEN) instead')
  if (!scheme) throw refuse('has no scheme')
  if (!/^https?$/i.test(scheme)) throw refuse(`has the scheme ${scheme}`)
  if (url.search || url.hash) throw refuse('has a query')
  return url
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
