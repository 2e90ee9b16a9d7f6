import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as letOthersRun } from 'node:timers/promises'
import { onlyRunOf } from '../commands/kit/context.ts'
import type { Log } from '../log.ts'
import { findTransientFault, TRANSIENT_FAULT_MESSAGES } from '../store/sql/transientFaults.ts'
import type { Authenticator, Identity } from './auth/authenticate.ts'
import { bodyLimitsOf, explainExcess } from './http/bodyLimits.ts'
import type { Dashboard } from './pages/dashboard.ts'
import type { Documentation } from './pages/documentation.ts'
import { type Engine, GRAPHQL_PATH } from './engine/engine.ts'
import type { GraphiqlPage } from './pages/graphiql.ts'
import { identify } from './auth/identify.ts'
import type { Metrics, Rejection } from './health/metrics.ts'
import { MCP_PATH, type McpEndpoint } from './mcp/mcpEndpoint.ts'
import { allowGuest } from './http/cors.ts'
import { guestOriginOf, isOriginTrusted, type OriginOptions } from './http/origins.ts'
import { isJson, parseOperation, readBody } from './http/readBody.ts'
import { allowMethods, respond, respondError, respondText } from './http/respond.ts'
import type { SignIn } from './pages/signIn.ts'
import { notFoundPage } from './pages/page.ts'
import { respondPage } from './pages/respondPage.ts'

/** Options of the listener. */
export interface ListenerOptions extends OriginOptions {
  readonly engine: Engine
  readonly mcp: McpEndpoint<Identity>
  readonly authenticator: Authenticator
  readonly signIn: SignIn
  readonly dashboard: Dashboard
  readonly documentation: Documentation
  readonly graphiql: () => Promise<GraphiqlPage>
  readonly metrics: Metrics
  readonly log: Log
  readonly maxBodyBytes: number
  /** Why the server is not ready, in a few words; undefined if it is. */
  readonly findObstacle: () => Promise<string | undefined>
  readonly isStopping: () => boolean
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** Length above which a body is parsed in a separate turn of the event loop, in UTF-16 units. */
const LARGE = 1_048_576

/** Closes the connection after the response, since the request's body was not read. */
const CLOSE = { connection: 'close' }

/** Creates the handler for every request of the HTTP server. */
export function createListener(
  options: ListenerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { engine, mcp, authenticator, signIn, dashboard, documentation, graphiql } = options
  const { metrics, log, findObstacle, isStopping } = options

  const routes: Record<string, Handler | undefined> = {
    '/sign-in': (request, response) => signIn.signIn(request, response),
    '/sign-in/link': (request, response) => signIn.issueLink(request, response),
    '/sign-out': (request, response) => signIn.signOut(request, response),
    [GRAPHQL_PATH]: answerGraphql,
    '/healthz': (request, response) => {
      if (allowMethods(request, response, ['GET', 'HEAD'])) respondText(response, 200, 'alive')
    },
    '/readyz': async (request, response) => {
      if (!allowMethods(request, response, ['GET', 'HEAD'])) return
      const obstacle = await findObstacle()
      respondText(response, obstacle ? 503 : 200, obstacle ? `not ready: ${obstacle}` : 'ready')
    },
    '/metrics': answerMetrics,
    [MCP_PATH]: answerMcp,
  }

  async function answerGraphql(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET' && request.headers.accept?.includes('text/html'))
      return showGraphiql(request, response)
    if (allowGuest(request, response, options)) return
    const isGuest = guestOriginOf(request, options) !== undefined
    const identified = await identify(authenticator, request, { takesSessions: !isGuest })
    if (!identified.ok) return turnAway(request, response, identified.why)
    const { identity } = identified
    if (request.method !== 'POST') return engine(request, response, { identity, transport: 'http' })
    const body = await readJson(request, response, identity, 'a JSON object with a query')
    if (!body) return
    // the engine accepts a parsed body; it would split a text into characters first
    Object.assign(request, { body })
    await engine(request, response, { identity, transport: Array.isArray(body) ? 'batch' : 'http' })
  }

  /** The body of a request as a JSON object or list; undefined if it was rejected, and answered. */
  async function readJson(
    request: IncomingMessage,
    response: ServerResponse,
    { caller }: Identity,
    what: string,
  ): Promise<object | undefined> {
    const refuse = (reason: Rejection, status: number, message: string): undefined => {
      reject(request, response, reason, status, message)
    }
    if (!isJson(request.headers['content-type']))
      return refuse('media_type', 415, 'Send JSON in UTF-8 (content-type: application/json).')
    if (request.headers['content-encoding'] !== undefined)
      return refuse('media_type', 415, 'Send the body without a content encoding.')
    const limits = bodyLimitsOf(caller.role, options.maxBodyBytes)
    const body = await readBody(request, limits)
    // a large body is parsed in a separate turn of the event loop
    if (body.ok && body.text.length > LARGE) await letOthersRun()
    if (!body.ok) {
      // the client is gone
      if (body.why === 'GONE') return void response.destroy()
      if (body.why === 'TOO_LARGE') return refuse('too_large', 413, explainExcess(body.excess, limits))
      return refuse('media_type', 400, 'The body is not UTF-8.')
    }
    const parsed = parseOperation(body.text)
    return parsed ?? refuse('media_type', 400, `The body is not ${what}.`)
  }

  /** MCP: for programs with a token, never by the session of a browser. */
  async function answerMcp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOriginTrusted(request, options)) {
      return reject(request, response, 'origin', 403, 'Requests of this page are not allowed here.')
    }
    // there are no sessions, so no stream of one to open and nothing to delete
    if (!allowMethods(request, response, ['POST'])) return
    if (request.headers.authorization === undefined) return turnAway(request, response, 'UNAUTHENTICATED')
    const identified = await identify(authenticator, request)
    if (!identified.ok) return turnAway(request, response, identified.why)
    const body = await readJson(request, response, identified.identity, 'a message of JSON-RPC')
    if (!body) return
    if (Array.isArray(body))
      return reject(request, response, 'media_type', 400, 'Send one message at a time.')
    await mcp(request, response, body, identified.identity)
  }

  function turnAway(
    request: IncomingMessage,
    response: ServerResponse,
    why: 'UNAUTHENTICATED' | 'CSRF',
  ): void {
    if (why === 'CSRF') {
      return reject(request, response, 'csrf', 403, 'A session needs the header x-pawl-csrf.', {
        code: 'CSRF',
      })
    }
    const headers = { 'www-authenticate': 'Bearer realm="pawl"' }
    const message = 'The token is missing, unknown, expired or revoked.'
    reject(request, response, 'unauthenticated', 401, message, { code: 'UNAUTHENTICATED', headers })
  }

  function reject(
    request: IncomingMessage,
    response: ServerResponse,
    reason: Rejection,
    status: number,
    message: string,
    { code = 'BAD_REQUEST', headers = {} }: { code?: string; headers?: Record<string, string> } = {},
  ): void {
    metrics.countRejected(reason)
    log.debug({ reason, status }, 'http.request_rejected')
    respondError(request, response, status, { code, message }, { ...headers, ...CLOSE })
  }

  /** Serves GraphiQL to a browser that is signed in; others get the sign-in page. */
  async function showGraphiql(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!(await authenticator.bySession(request.headers.cookie))) {
      // the sign-in page reloads its address, and so leads here
      return signIn.home(request, response)
    }
    const page = await graphiql()
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': page.policy,
      'cache-control': 'private, no-cache',
      vary: 'accept, accept-encoding, cookie',
      etag: page.etag,
    }
    if (request.headers['if-none-match'] === page.etag) return void response.writeHead(304, headers).end()
    const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding']))
    if (takesGzip) respond(response, 200, page.gzipped, { ...headers, 'content-encoding': 'gzip' })
    else respond(response, 200, await page.expand(), headers)
  }

  async function answerFile(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?', 1)[0] ?? ''
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (isRead && (await dashboard.sendFile(path, request, response))) return
    if (isRead && (await documentation.send(path, request, response))) return
    if (isRead && String(request.headers.accept).includes('text/html'))
      return respondPage(response, 404, notFoundPage())
    respondText(response, 404, 'Not found.')
  }

  async function answerMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!allowMethods(request, response, ['GET'])) return
    const identified = await identify(authenticator, request)
    if (!identified.ok) return turnAway(request, response, identified.why)
    if (onlyRunOf(identified.identity.caller) !== null)
      return respondText(response, 403, 'Not allowed with a token of one run.')
    const { body, contentType } = await metrics.print()
    respond(response, 200, body, { 'content-type': contentType })
  }

  return (request, response) => {
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('referrer-policy', 'no-referrer')
    response.setHeader('cache-control', 'no-store')
    if (isStopping()) response.setHeader('connection', 'close')
    const path = request.url?.split('?', 1)[0] ?? ''
    void answer(routes[path] ?? (dashboard.isPage(path) ? signIn.home : answerFile), request, response)
  }

  async function answer(route: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await route(request, response)
    } catch (error) {
      fail(request, response, error)
    }
  }

  function fail(request: IncomingMessage, response: ServerResponse, err: unknown): void {
    // a closed client connection causes the same error as a lost database, but needs no answer
    if (request.socket.destroyed) return log.debug({ err }, 'http.request_failed')
    const hindrance = findTransientFault(err)
    log[hindrance ? 'warn' : 'error']({ err }, 'http.request_failed')
    if (response.headersSent) return void response.destroy()
    if (hindrance) {
      const message = TRANSIENT_FAULT_MESSAGES[hindrance]
      const headers = { 'retry-after': '1', ...CLOSE }
      return respondError(request, response, 503, { code: 'CONTENDED', message }, headers)
    }
    respondError(request, response, 500, { code: 'INTERNAL', message: 'Internal server error.' }, CLOSE)
  }
}
