import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as WebStream } from 'node:stream/web'
import { createMcpOverHttp, type McpOverHttpOptions } from '../../mcp/mcpOverHttp.ts'
import { EVENT_STREAM_HEADERS } from '../engine/engine.ts'

/** Path of the MCP endpoint. */
export const MCP_PATH = '/mcp'

/** The MCP endpoint, behind the listener's checks: answers a request whose body was parsed and whose sender is known. */
export type McpEndpoint<Caller> = (
  request: IncomingMessage,
  response: ServerResponse,
  body: object,
  caller: Caller,
) => Promise<void>

/** What the protocol reads of a request. */
const HEADERS = ['accept', 'content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name']

/** Creates the endpoint. */
export function createMcpEndpoint<Caller>(options: McpOverHttpOptions<Caller>): McpEndpoint<Caller> {
  const mcp = createMcpOverHttp(options)
  return async (request, response, body, caller) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    await send(await mcp(toRequest(request, gone.signal), body, caller), response)
  }
}

function toRequest({ method = 'POST', headers }: IncomingMessage, signal: AbortSignal): Request {
  const given = HEADERS.flatMap((name): [string, string][] => {
    const value = headers[name]
    return value === undefined ? [] : [[name, String(value)]]
  })
  return new Request(`http://in-process${MCP_PATH}`, { method, headers: given, signal })
}

async function send(answer: Response, response: ServerResponse): Promise<void> {
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream')
  response.writeHead(answer.status, {
    ...Object.fromEntries(answer.headers),
    ...(isStream && EVENT_STREAM_HEADERS),
  })
  if (!answer.body) return void response.end()
  // the client of a stream may go at any time, which is no failure
  await pipeline(Readable.fromWeb(answer.body as WebStream), response).catch((error: unknown) => {
    if (!response.destroyed) throw error
  })
}
