import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** Sends a complete response. */
export function respond(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers })
  response.end(body)
}

/** Sends plain text. */
export function respondText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  respond(response, status, `${text}\n`, { 'content-type': 'text/plain; charset=utf-8', ...headers })
}

/** Sends an error in the format of GraphQL, for a request whose operation was not read. */
export function respondError(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  error: { readonly code: string; readonly message: string },
  headers: OutgoingHttpHeaders = {},
): void {
  const body = JSON.stringify({ errors: [{ message: error.message, extensions: { code: error.code } }] })
  const takesNew = request.headers.accept?.includes('application/graphql-response+json') === true
  const type = takesNew ? 'application/graphql-response+json' : 'application/json'
  respond(response, status, body, { 'content-type': `${type}; charset=utf-8`, ...headers })
}

/** True if the request has one of the methods; else answers with 405. */
export function allowMethods(
  request: IncomingMessage,
  response: ServerResponse,
  methods: readonly string[],
): boolean {
  if (methods.includes(request.method ?? '')) return true
  respondText(response, 405, 'Method not allowed', { allow: methods.join(', ') })
  return false
}
