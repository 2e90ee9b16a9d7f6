import { createMcpHandler } from '@modelcontextprotocol/server'
import { createPawl } from '@pawl/sdk'
import { createMcpServer } from './createMcpServer.ts'
import type { Audience } from './createMcpServer.ts'

/** Who sent a request, authenticated by the server. */
export interface McpCaller {
  readonly audience: Audience
  /** Sends the caller's operations to the GraphQL endpoint, as this caller. */
  readonly fetch: typeof globalThis.fetch
}

/** What MCP over HTTP needs. */
export interface McpOverHttpOptions {
  readonly version: string
  /** Aborts when the server stops: calls that wait are answered at once. */
  readonly stopping: AbortSignal
  readonly onFault: (error: unknown) => void
}

/** Answers a request whose body was parsed. It keeps nothing between requests, so that any server of an installation may answer. */
export type McpOverHttp = (request: Request, body: unknown, caller: McpCaller) => Promise<Response>

/** The in-process client sends to no address; the path is that of the GraphQL endpoint. */
const IN_PROCESS = 'http://in-process'

/** Creates MCP over streamable HTTP, without sessions. */
export function createMcpOverHttp({ version, stopping, onFault }: McpOverHttpOptions): McpOverHttp {
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const caller = authInfo?.extra?.['caller'] as McpCaller | undefined
      if (!caller) throw new Error('a request without a caller')
      const { audience, fetch } = caller
      // the token is not sent anywhere: the fetch knows its caller
      const pawl = createPawl({ url: IN_PROCESS, token: 'in-process', fetch, WebSocket: false })
      return createMcpServer({ version, pawl, audience, stopping, onFault })
    },
    {
      onerror: onFault,
      // the tools never change, so there is nothing to subscribe to
      maxSubscriptions: 0,
    },
  )
  return (request, body, caller) =>
    handler.fetch(request, {
      parsedBody: body,
      authInfo: { token: '', clientId: '', scopes: [], extra: { caller } },
    })
}
