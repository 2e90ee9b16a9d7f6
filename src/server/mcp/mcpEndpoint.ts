import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as WebStream } from 'node:stream/web'
import type { Log } from '../../log.ts'
import { createMcpOverHttp } from '../../mcp/mcpOverHttp.ts'
import type { Identity } from '../auth/authenticate.ts'
import { EVENT_STREAM_HEADERS, type Engine } from '../engine/engine.ts'
import { fetchInProcess } from '../engine/fetchInProcess.ts'
import { VERSION } from '../kit/packageRoot.ts'

/** Path of the MCP endpoint. */
export const MCP_PATH = '/mcp'

/** The MCP endpoint, behind the listener's checks. */
export interface McpEndpoint {
  /** Answers a request whose body was read and whose sender is known. */
  answer(request: IncomingMessage, response: ServerResponse, body: object, identity: Identity): Promise<void>
  /** Answers calls that wait at once. */
  stop(): void
}

/** What the protocol reads of a request. */
const HEADERS = ['accept', 'content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name']

/** Creates the endpoint: its tools are a client of the engine in this process. */
export function createMcpEndpoint(engine: Engine, log: Log): McpEndpoint {
  const stopping = new AbortController()
  const onFault = (err: unknown) => log.warn({ err }, 'mcp.call_failed')
  const mcp = createMcpOverHttp({ version: VERSION, stopping: stopping.signal, onFault })

  return {
    async answer(request, response, body, identity) {
      const gone = new AbortController()
      response.once('close', () => gone.abort())
      const { agent } = identity.caller
      const answer = await mcp(toRequest(request, gone.signal), body, {
        audience: agent ? { kind: 'AGENT', runId: agent.runId } : { kind: 'OPERATOR' },
        fetch: fetchInProcess(engine, identity),
      })
      await send(answer, response)
    },
    stop: () => stopping.abort(new Error('the server stops')),
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
