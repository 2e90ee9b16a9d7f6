import { mkdir, writeFile } from 'node:fs/promises'
import type { AgentContext } from '../kit/adapter.ts'
import { injectMcp, withMcpArgs } from './injectMcp.ts'
import { findMcpServer } from './mcpServer.ts'

/** What an agent is started with. */
interface Startable {
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

/**
 * The command and environment of an agent that is given Pawl's tools in the way that its definition names; what it reads is written. A
 * variable that the definition sets itself is left as it is.
 */
export async function giveMcp(
  { definition, stateDir, workspace }: Pick<AgentContext, 'definition' | 'stateDir' | 'workspace'>,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Startable> {
  const { PAWL_URL } = env
  // Without a server there is nothing that the agent could report to.
  if (definition.mcp === null || PAWL_URL === undefined) return { command, env }
  const server = findMcpServer({ ...env, PAWL_URL }, workspace)
  // An agent in a terminal outlives its owner and that one's token. `pawl mcp` reads the next one's from the file; a header stays as it was.
  if ('url' in server && env['PAWL_TOKEN_FILE'] !== undefined) return { command, env }
  const injection = injectMcp(definition.mcp, server, { folder: stateDir, env })
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  for (const [path, text] of Object.entries(injection.files)) await writeFile(path, text, { mode: 0o600 })
  return { command: withMcpArgs(command, injection), env: { ...injection.env, ...env } }
}
