import { whyUnstartable } from '../../processes/findCommand.ts'

/**
 * Pawl's MCP server, as an agent reaches it. Its token is never part of this: it stays in the agent's environment, as `PAWL_TOKEN`,
 * so that no command line and no file shows it.
 */
export type McpServer =
  /** A command that speaks MCP on its standard input and output, `pawl mcp`. */
  | { readonly command: readonly [string, ...string[]] }
  /** The server's own endpoint, `…/mcp`. */
  | { readonly url: string }

/** Name of the server in an agent's settings, and so in the names of its tools: `mcp__pawl__pawl_state`. */
export const MCP_NAME = 'pawl'

/** The variables of an agent that `pawl mcp` reads. An agent that gives its MCP servers no environment has to pass them on. */
export const MCP_VARIABLES = ['PAWL_URL', 'PAWL_TOKEN', 'PAWL_TOKEN_FILE'] as const

/** The command as the agents of this environment start it: the words of `PAWL` where `pawl` is not on their path. */
export function mcpCommandOf(env: Readonly<Record<string, string | undefined>>): {
  readonly command: readonly [string, ...string[]]
} {
  const [program = 'pawl', ...words] = env['PAWL']?.split(' ').filter(Boolean) ?? []
  return { command: [program, ...words, 'mcp'] }
}

/** The server as an agent with this environment can reach it: the command where that can be started, else the address. */
export function findMcpServer(
  env: NodeJS.ProcessEnv & { readonly PAWL_URL: string },
  workspace: string,
): McpServer {
  const command = mcpCommandOf(env)
  if (whyUnstartable(command.command[0], env, workspace) === null) return command
  const url = env.PAWL_URL
  return { url: new URL('mcp', url.endsWith('/') ? url : `${url}/`).href }
}
