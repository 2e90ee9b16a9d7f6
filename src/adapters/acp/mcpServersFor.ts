import type { McpServer } from '@agentclientprotocol/sdk'
import type { AgentContext } from '../kit/adapter.ts'
import { environmentOf } from '../kit/startable.ts'
import { acpMcpServers } from '../mcp/injectMcp.ts'
import { findMcpServer } from '../mcp/mcpServer.ts'
import type { Initialized } from './messages.ts'

/** Pawl's MCP server, as a session is given it: the command where that can be started, else the address where the agent takes one. */
export function mcpServersFor(context: AgentContext, { agentCapabilities }: Initialized): McpServer[] {
  const env = environmentOf(context)
  const { PAWL_URL } = env
  // Without a server there is nothing that the agent could report to.
  if (PAWL_URL === undefined) return []
  const server = findMcpServer({ ...env, PAWL_URL }, context.workspace)
  const isReachable = 'command' in server || agentCapabilities?.mcpCapabilities?.http === true
  return isReachable ? acpMcpServers(server, env) : []
}
