import type { IncomingMessage, ServerResponse } from 'node:http'
import { guestOriginOf, type OriginOptions } from './origins.ts'

/** How long a browser remembers the answer to a preflight, in seconds. */
const PREFLIGHT_SECONDS = 7_200

/**
 * Allows a listed page elsewhere to read the response, without credentials: its browser adds no cookie. Answers preflights. Returns
 * whether the request was answered.
 */
export function allowGuest(
  request: IncomingMessage,
  response: ServerResponse,
  options: OriginOptions,
): boolean {
  if (options.allowedOrigins.length > 0) response.setHeader('vary', 'origin')
  const origin = guestOriginOf(request, options)
  if (origin === undefined) return false
  response.setHeader('access-control-allow-origin', origin)
  if (request.method !== 'OPTIONS') return false
  response.setHeader('access-control-allow-methods', 'POST, GET')
  response.setHeader('access-control-allow-headers', 'authorization, content-type')
  response.setHeader('access-control-max-age', PREFLIGHT_SECONDS)
  response.writeHead(204).end()
  return true
}
