import { describe, expect, it } from 'vitest'
import { MCP_AGENTS } from '../../../src/adapters/kit/agentDefinition.ts'
import { acpMcpServers, injectMcp, withMcpArgs } from '../../../src/adapters/mcp/injectMcp.ts'
import { mcpCommandOf } from '../../../src/adapters/mcp/mcpServer.ts'
import type { McpServer } from '../../../src/adapters/mcp/mcpServer.ts'

const TOKEN = 'pawl_agt_secret'
const env = {
  PAWL_URL: 'http://127.0.0.1:4400',
  PAWL_TOKEN: TOKEN,
  PAWL_TOKEN_FILE: undefined,
  HOME: '/home/me',
}
const surroundings = { folder: '/state/ses_1', env }
const stdio: McpServer = { command: ['node', '/usr/lib/pawl.js', 'mcp'] }
const http: McpServer = { url: 'http://127.0.0.1:4400/mcp' }

describe('an injected MCP server', () => {
  it.each(MCP_AGENTS.flatMap((agent) => [stdio, http].map((server) => [agent, server] as const)))(
    'never shows the token to whoever lists the processes or reads the files of %s',
    (agent, server) => {
      const injection = injectMcp(agent, server, surroundings)
      const shown = JSON.stringify(injection)
      expect(shown).not.toContain(TOKEN)
      expect(shown).toContain('url' in server ? 'http://127.0.0.1:4400/mcp' : '/usr/lib/pawl.js')
      for (const path of Object.keys(injection.files)) expect(path.startsWith('/state/ses_1/')).toBe(true)
    },
  )

  it('is allowed and always there for Claude Code', () => {
    const [config = '', allowed] = injectMcp('claude', http, surroundings).args
    expect(JSON.parse(config.replace('--mcp-config=', ''))).toEqual({
      mcpServers: {
        pawl: {
          type: 'http',
          url: 'http://127.0.0.1:4400/mcp',
          headers: { Authorization: 'Bearer ${PAWL_TOKEN}' },
          alwaysLoad: true,
        },
      },
    })
    expect(allowed).toBe('--allowedTools=mcp__pawl')
  })

  it('stands before the subcommand of Codex that resumes, with the variables that its sandbox would keep back', () => {
    const injection = injectMcp('codex', stdio, surroundings)
    expect(withMcpArgs(['codex', 'exec', '--json', 'resume', '{session}', '-'], injection)).toEqual([
      'codex',
      'exec',
      '-c',
      'mcp_servers.pawl.command="node"',
      '-c',
      'mcp_servers.pawl.args=["/usr/lib/pawl.js","mcp"]',
      '-c',
      'mcp_servers.pawl.env_vars=["PAWL_URL","PAWL_TOKEN"]',
      '-c',
      'mcp_servers.pawl.default_tools_approval_mode="approve"',
      '-c',
      'mcp_servers.pawl.required=true',
      '-c',
      'mcp_servers.pawl.startup_timeout_sec=60',
      '--json',
      'resume',
      '{session}',
      '-',
    ])
  })

  it('is a file of its own for Gemini, which refers to the variables that are set', () => {
    const { env: set, files } = injectMcp('gemini', stdio, surroundings)
    const path = set['GEMINI_CLI_SYSTEM_SETTINGS_PATH'] ?? ''
    expect(JSON.parse(files[path] ?? '').mcpServers.pawl).toEqual({
      command: 'node',
      args: ['/usr/lib/pawl.js', 'mcp'],
      env: { PAWL_URL: '${PAWL_URL}', PAWL_TOKEN: '${PAWL_TOKEN}' },
      trust: true,
    })
  })

  it('is an extension for pi, whose own mcp.json stays as it is', async () => {
    const { args, files } = injectMcp('pi', stdio, surroundings)
    const [flag, path = ''] = args
    expect(flag).toBe('--extension')
    const module = await import(`data:text/javascript,${encodeURIComponent(files[path] ?? '')}`)
    const registered: unknown[] = []
    module.default({ registerMcpServer: (...given: unknown[]) => registered.push(...given) })
    expect(registered).toEqual(['pawl', expect.objectContaining({ command: 'node', exposure: 'direct' })])
  })

  it('is given over ACP with the environment that it needs, or with its header', () => {
    expect(acpMcpServers(stdio, env)).toEqual([
      {
        name: 'pawl',
        command: 'node',
        args: ['/usr/lib/pawl.js', 'mcp'],
        env: [
          { name: 'PAWL_URL', value: 'http://127.0.0.1:4400' },
          { name: 'PAWL_TOKEN', value: TOKEN },
        ],
      },
    ])
    expect(acpMcpServers(http, env)).toEqual([
      {
        type: 'http',
        name: 'pawl',
        url: 'http://127.0.0.1:4400/mcp',
        headers: [{ name: 'Authorization', value: `Bearer ${TOKEN}` }],
      },
    ])
  })

  it('is the command that PAWL names, word by word', () => {
    expect(mcpCommandOf({})).toEqual({ command: ['pawl', 'mcp'] })
    expect(mcpCommandOf({ PAWL: 'node /usr/lib/pawl.js' })).toEqual(stdio)
  })
})
