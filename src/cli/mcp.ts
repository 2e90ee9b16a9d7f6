import type { Command } from 'commander'
import { createPawl } from '@pawl/sdk'
import { findServer } from './kit/connect.ts'
import { EXIT } from './kit/exitCodes.ts'
import { createAction } from './kit/invocation.ts'
import { createCommand } from './kit/options.ts'
import { version } from './kit/version.ts'
import { withInterrupt } from './kit/withInterrupt.ts'

/** `pawl mcp`: the tools of `/mcp` for agents that only take a command. Its standard output carries the protocol alone. */
export function mcpCommand(): Command {
  return createCommand('mcp', 'serve MCP on standard input and output, for agents', [
    'pawl mcp   # for the run that PAWL_TOKEN belongs to',
    'claude --mcp-config \'{"mcpServers":{"pawl":{"command":"pawl","args":["mcp"]}}}\'',
  ]).action(
    createAction(async (invocation) => {
      // loaded by this command alone: it would double the time that each other one takes to start
      const { readAudience } = await import('../mcp/createMcpServer.ts')
      const { serveMcpOverStdio } = await import('../mcp/mcpOverStdio.ts')
      const { env, options } = invocation
      const { url, token } = findServer(env, options)
      // a token that is replaced while the agent lives is read again
      const pawl = createPawl({ url, token: () => findServer(env, options).token })
      return withInterrupt(async (signal) => {
        const onFault = (error: unknown) => invocation.note(String(error))
        await serveMcpOverStdio({ version, pawl, audience: readAudience(token), signal, onFault })
        return EXIT.done
      })
    }),
  )
}
