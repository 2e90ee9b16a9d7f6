import type { Log } from '../../log.ts'
import { createMcpServer } from '../../mcp/createMcpServer.ts'
import type { McpOverHttpOptions } from '../../mcp/mcpOverHttp.ts'
import { openInProcess } from '../../mcp/openInProcess.ts'
import type { Identity } from '../auth/authenticate.ts'
import type { Engine } from '../engine/engine.ts'
import { fetchInProcess } from '../engine/fetchInProcess.ts'
import { VERSION } from '../kit/packageRoot.ts'

/** Creates the tools that a caller has at the MCP endpoint: a client of the engine in this process, as that caller. */
export function createTools(engine: Engine, log: Log, stopping: AbortSignal): McpOverHttpOptions<Identity> {
  const onFault = (err: unknown) => log.warn({ err }, 'mcp.call_failed')
  return {
    onFault,
    createServer(identity) {
      const { agent } = identity.caller
      return createMcpServer({
        version: VERSION,
        pawl: openInProcess(fetchInProcess(engine, identity)),
        audience: agent ? { kind: 'AGENT', runId: agent.runId } : { kind: 'OPERATOR' },
        stopping,
        onFault,
      })
    },
  }
}
