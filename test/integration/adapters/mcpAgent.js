#!/usr/bin/env node
// An agent as Claude Code and Gemini CLI are when they are given an MCP server: by a flag, or by a settings file that names variables.
import { readFileSync } from 'node:fs'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

const flag = process.argv.find((word) => word.startsWith('--mcp-config='))
const settings =
  flag?.slice('--mcp-config='.length) ?? readFileSync(process.env.GEMINI_CLI_SYSTEM_SETTINGS_PATH, 'utf8')
const filled = settings.replaceAll(/\$\{?(\w+)\}?/g, (_, name) => process.env[name] ?? '')
const { command, args, env, url, httpUrl, headers } = JSON.parse(filled).mcpServers.pawl

const address = url ?? httpUrl
const transport = address
  ? new StreamableHTTPClientTransport(new URL(address), { requestInit: { headers } })
  : new StdioClientTransport({
      command,
      args,
      env: { ...(flag ? process.env : {}), PATH: process.env.PATH, ...env },
    })
const client = new Client({ name: 'agent', version: '1' })
await client.connect(transport)
const { structuredContent } = await client.callTool({ name: 'pawl_state', arguments: {} })
console.log(`I work on ${structuredContent.result.runId} by ${address ?? 'a command'}`)
await client.close()
