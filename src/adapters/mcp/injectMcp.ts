import { join } from 'node:path'
import type { McpAgent } from '../kit/agentDefinition.ts'
import { MCP_NAME, MCP_VARIABLES } from './mcpServer.ts'
import type { McpServer } from './mcpServer.ts'

/** What gives an agent the server: nothing of it holds a token. */
export interface McpInjection {
  /** Further words of its command, after `follow` of them: options that every start and every resumption takes. */
  readonly args: readonly string[]
  /** How many words of the command the options follow: the program, or the program and its subcommand. */
  readonly follow: 1 | 2
  /** Variables set for it. */
  readonly env: Readonly<Record<string, string>>
  /** Files written before it starts, by their absolute path, for its user alone. */
  readonly files: Readonly<Record<string, string>>
}

/** What an injection depends on besides the server. */
export interface McpSurroundings {
  /** A private folder of the session's, outside of the workspace: where files for the agent go. */
  readonly folder: string
  /** The agent's environment, of which the names count alone. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** How long an agent may wait for the server to start, in seconds: a machine may be busy. */
export const SERVER_STARTS_S = 60

type Inject = (server: McpServer, surroundings: McpSurroundings) => Partial<McpInjection>

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** A server as `mcpServers` of most agents' settings describe it. */
function describe(server: McpServer, http: { readonly urlKey: string; readonly token: string }) {
  if ('url' in server) return { [http.urlKey]: server.url, headers: bearer(http.token) }
  const [command, ...args] = server.command
  return { command, args }
}

const asJson = (entry: object) => JSON.stringify({ mcpServers: { [MCP_NAME]: entry } })

const known = (env: McpSurroundings['env']) => MCP_VARIABLES.filter((name) => env[name] !== undefined)

/** References to the variables that are set: agents differ in what they make of one to a variable that is not. */
const refer = (env: McpSurroundings['env']) =>
  Object.fromEntries(known(env).map((name) => [name, `$\{${name}}`]))

const INJECTIONS: Readonly<Record<McpAgent, Inject>> = {
  /** Without `alwaysLoad` the tools stay behind a search. What is allowed in the command asks nobody. */
  claude(server) {
    const entry = {
      ...('url' in server && { type: 'http' }),
      ...describe(server, { urlKey: 'url', token: '${PAWL_TOKEN}' }),
      alwaysLoad: true,
    }
    return { args: [`--mcp-config=${asJson(entry)}`, `--allowedTools=mcp__${MCP_NAME}`] }
  },

  /**
   * Its servers run outside of its sandbox, with the variables that are named alone; unapproved calls are refused. It waits for a server
   * that is required; the tools of any other may come after its first question to the model.
   */
  codex(server, { env }) {
    const own = `mcp_servers.${MCP_NAME}`
    const settings =
      'url' in server
        ? { url: server.url, bearer_token_env_var: 'PAWL_TOKEN' }
        : { command: server.command[0], args: server.command.slice(1), env_vars: known(env) }
    const all = {
      ...settings,
      default_tools_approval_mode: 'approve',
      required: true,
      startup_timeout_sec: SERVER_STARTS_S,
    }
    // a JSON string, or list of them, is one of TOML as well
    const args = Object.entries(all).flatMap(([key, value]) => [
      '-c',
      `${own}.${key}=${JSON.stringify(value)}`,
    ])
    return { args, follow: 2 }
  },

  /**
   * Only settings name servers. It reads no file below a folder that others may write, and passes on no variable whose name looks
   * secret unless it is named.
   */
  gemini(server, { folder, env }) {
    const entry = {
      ...describe(server, { urlKey: 'httpUrl', token: '$PAWL_TOKEN' }),
      ...('command' in server && { env: refer(env) }),
      trust: true,
    }
    const path = join(folder, 'gemini-settings.json')
    return { env: { GEMINI_CLI_SYSTEM_SETTINGS_PATH: path }, files: { [path]: asJson(entry) } }
  },

  /**
   * Its servers inherit its environment. A header can refer to a variable in a settings file only. Without `alwaysLoadTools` the tools
   * stay behind a search.
   */
  qwen(server, { folder }) {
    const entry = {
      ...describe(server, { urlKey: 'httpUrl', token: '$PAWL_TOKEN' }),
      trust: true,
      alwaysLoadTools: true,
    }
    if ('command' in server) return { args: [`--mcp-config=${asJson(entry)}`] }
    const path = join(folder, 'qwen-settings.json')
    return { env: { QWEN_CODE_SYSTEM_SETTINGS_PATH: path }, files: { [path]: asJson(entry) } }
  },

  /** Its servers inherit its environment. The variable is merged with its own settings. */
  opencode(server) {
    const entry =
      'url' in server
        ? { type: 'remote', url: server.url, headers: bearer('{env:PAWL_TOKEN}'), oauth: false }
        : { type: 'local', command: server.command }
    const settings = { mcp: { [MCP_NAME]: { ...entry, enabled: true } } }
    return { env: { OPENCODE_CONFIG_CONTENT: JSON.stringify(settings) } }
  },

  /** A server of one session is registered by an extension; `mcp.json` is for all sessions of its user. */
  pi(server, { folder, env }) {
    const entry = {
      ...describe(server, { urlKey: 'url', token: '${PAWL_TOKEN}' }),
      ...('command' in server && { env: refer(env) }),
      exposure: 'direct',
    }
    const path = join(folder, 'pi-extension.ts')
    const text = `export default (pi) => pi.registerMcpServer(${JSON.stringify(MCP_NAME)}, ${JSON.stringify(entry)})\n`
    return { args: ['--extension', path], files: { [path]: text } }
  },
}

/**
 * What gives an agent Pawl's MCP server for one start. An agent that is hosted over ACP is given it in `session/new` instead, by
 * {@link acpMcpServers}.
 */
export function injectMcp(agent: McpAgent, server: McpServer, surroundings: McpSurroundings): McpInjection {
  return { args: [], follow: 1, env: {}, files: {}, ...INJECTIONS[agent](server, surroundings) }
}

/** A command with an injection's options in their place. */
export function withMcpArgs(command: readonly string[], { args, follow }: McpInjection): string[] {
  return [...command.slice(0, follow), ...args, ...command.slice(follow)]
}

/** One of `mcpServers` in ACP's `session/new`, `session/load` and `session/resume`. */
export type AcpMcpServer =
  | {
      readonly name: string
      readonly command: string
      readonly args: string[]
      readonly env: { readonly name: string; readonly value: string }[]
    }
  | {
      readonly type: 'http'
      readonly name: string
      readonly url: string
      readonly headers: { readonly name: string; readonly value: string }[]
    }

/**
 * The `mcpServers` of a session over ACP. The message is written to the agent's input, so it may hold the token, and an agent has to
 * start a command with this environment alone.
 *
 * @param env the agent's environment
 */
export function acpMcpServers(server: McpServer, env: McpSurroundings['env']): AcpMcpServer[] {
  const name = MCP_NAME
  if ('url' in server) {
    const headers = Object.entries(bearer(env['PAWL_TOKEN'] ?? ''))
    return [{ type: 'http', name, url: server.url, headers: headers.map(toPair) }]
  }
  const [command, ...args] = server.command
  const given = known(env).map((variable) => toPair([variable, env[variable] ?? '']))
  return [{ name, command, args, env: given }]
}

function toPair([name, value]: readonly [string, string]): { readonly name: string; readonly value: string } {
  return { name, value }
}
