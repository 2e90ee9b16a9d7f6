import type { McpServer } from '@agentclientprotocol/sdk'
import { whyUnstartable } from '../../processes/findCommand.ts'
import type { AgentContext } from '../kit/adapter.ts'
import { environmentOf } from '../kit/startable.ts'
import { acpMcpServers } from '../mcp/injectMcp.ts'
import { mcpCommandOf } from '../mcp/mcpServer.ts'
import type { Initialized } from './messages.ts'

/** Pawl's MCP server, as a session is given it: the command where that can be started, else the address where the agent takes one. */
export function mcpServersFor(context: AgentContext, { agentCapabilities }: Initialized): McpServer[] {
  const env = environmentOf(context)
  // Without a server there is nothing that the agent could report to.
  if (env['PAWL_URL'] === undefined) return []
  const server = mcpCommandOf(env)
  const canStart = 'command' in server && whyUnstartable(server.command[0], env, context.workspace) === null
  if (canStart) return acpMcpServers(server, env)
  const url = env['PAWL_URL']
  if (!agentCapabilities?.mcpCapabilities?.http) return []
  return acpMcpServers({ url: new URL('mcp', url.endsWith('/') ? url : `${url}/`).href }, env)
}
