import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import type { Pawl } from '@pawl/sdk'
import { createMcpServer } from './createMcpServer.ts'
import type { Audience } from './createMcpServer.ts'

/** What MCP over standard input and output needs. */
export interface McpOverStdioOptions {
  readonly version: string
  readonly pawl: Pawl
  readonly audience: Audience
  /** Ends it. */
  readonly signal: AbortSignal
  readonly onFault: (error: unknown) => void
}

/**
 * The longest message, in bytes: more than any request that a server takes. The input is a program of the same user, and the limit
 * is there so that one that writes no line end is noticed.
 */
const MAX_MESSAGE_BYTES = 64 * 1_048_576

/** Serves MCP on standard input and output. Resolves when the input has ended, or the signal aborts. */
export async function serveMcpOverStdio(options: McpOverStdioOptions): Promise<void> {
  const { signal, onFault, ...rest } = options
  const ended = new AbortController()
  const transport = new StdioServerTransport(process.stdin, process.stdout, {
    maxBufferSize: MAX_MESSAGE_BYTES,
  })
  const over = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve).once('close', resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const server = serveStdio(() => createMcpServer({ ...rest, stopping: ended.signal, onFault }), {
    transport,
    onerror: onFault,
    // the tools never change, so there is nothing to subscribe to
    maxSubscriptions: 0,
  })
  await over
  ended.abort(new Error('the input has ended'))
  await server.close()
}
