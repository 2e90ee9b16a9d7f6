import { createMcpHandler, type McpServer } from '@modelcontextprotocol/server'

/** What MCP over HTTP needs. */
export interface McpOverHttpOptions<Caller> {
  /** Creates the server of one request. */
  readonly createServer: (caller: Caller) => McpServer
  readonly onFault: (error: unknown) => void
}

/** Answers a request whose body was parsed and whose sender is known. */
export type McpOverHttp<Caller> = (request: Request, body: unknown, caller: Caller) => Promise<Response>

/**
 * Creates MCP over streamable HTTP, without sessions: nothing is kept between requests, so that any server of an installation may
 * answer each of them.
 */
export function createMcpOverHttp<Caller>({
  createServer,
  onFault,
}: McpOverHttpOptions<Caller>): McpOverHttp<Caller> {
  const handler = createMcpHandler(({ authInfo }) => createServer(authInfo?.extra?.['caller'] as Caller), {
    onerror: onFault,
    // the tools never change, so there is nothing to subscribe to
    maxSubscriptions: 0,
  })
  return (request, body, caller) =>
    handler.fetch(request, {
      parsedBody: body,
      // the token stays with the listener, which has checked it
      authInfo: { token: '', clientId: '', scopes: [], extra: { caller } },
    })
}
