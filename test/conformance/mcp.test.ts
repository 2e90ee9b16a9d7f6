import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMcpEndpoint } from '../../src/server/mcp/mcpEndpoint.ts'
import { findMcpTools } from '../../scripts/mcpTools.ts'
import { ClaimedRuns } from '../support/mcp.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** The protocol's own suite and the inspector, which need a newer Node.js and are installed beside the project. */
const tools = findMcpTools()
if (!tools) console.warn('No conformance suite of MCP: npm run test:mcp installs it, and tests with it')

/** A PNG of one pixel, and a WAV of none. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='
const text = (words: string) => ({ type: 'text' as const, text: words })
const image = { type: 'image' as const, data: PNG, mimeType: 'image/png' }
const resource = (uri: string, mimeType: string, words: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text: words },
})

/** A server with the tools that the suite calls. */
function createSuiteServer(): McpServer {
  const server = new McpServer({ name: 'suite', version: '1' }, { capabilities: { logging: {} } })
  server.registerTool('test_simple_text', {}, () => ({
    content: [text('This is a simple text response for testing.')],
  }))
  server.registerTool('test_image_content', {}, () => ({ content: [image] }))
  server.registerTool('test_audio_content', {}, () => ({
    content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  }))
  server.registerTool('test_embedded_resource', {}, () => ({
    content: [resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  }))
  server.registerTool('test_multiple_content_types', {}, () => ({
    content: [
      text('Multiple content types test:'),
      image,
      resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  }))
  server.registerTool('test_error_handling', {}, () => {
    throw new Error('This tool intentionally returns an error for testing')
  })
  server.registerTool('test_tool_with_logging', {}, async ({ mcpReq }) => {
    for (const words of ['started', 'processing data', 'completed']) {
      await mcpReq.log('info', `Tool ${words}`)
      // the suite wants to see that messages arrive one after the other
      await sleep(50)
    }
    return { content: [text('logged')] }
  })
  server.registerTool('test_tool_with_progress', {}, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined)
        await mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken, progress, total: 100 },
        })
      await sleep(50)
    }
    return { content: [text('done')] }
  })
  const inputSchema = fromJsonSchema({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: {
      address: {
        type: 'object',
        properties: { street: { type: 'string' }, city: { type: 'string' } },
      },
    },
    properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
    additionalProperties: false,
  })
  server.registerTool('json_schema_2020_12_tool', { inputSchema }, () => ({ content: [text('fine')] }))
  return server
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Listens on a free port of this machine. */
async function listen(handler: Handler) {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function run(words: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const cwd = mkdtempSync(join(tmpdir(), 'pawl-mcp-'))
    execFile(tools?.node ?? '', [...words], { cwd, timeout: 50_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: `${stdout}${stderr}` })
    })
  })
}

describe.skipIf(!tools)('by the suite of the protocol', () => {
  let server: TestServer
  let own: Awaited<ReturnType<typeof listen>>
  let suite: Awaited<ReturnType<typeof listen>>
  beforeAll(async () => {
    server = await startTestServer()
    // the suite sends no token: this adds one, and leaves all else as it is
    own = await listen((incoming, outgoing) => {
      const headers = { ...incoming.headers, authorization: `Bearer ${server.adminToken}` }
      const sent = request(`${server.url}/mcp`, { method: incoming.method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      sent.on('error', () => outgoing.destroy())
      incoming.pipe(sent)
    })
    const endpoint = createMcpEndpoint({ createServer: createSuiteServer, onFault: () => undefined })
    suite = await listen((incoming, outgoing) => {
      if (incoming.method !== 'POST') return void outgoing.writeHead(405).end()
      void json(incoming).then((body) => endpoint(incoming, outgoing, body as object, undefined))
    })
  })
  afterAll(async () => {
    own.close()
    suite.close()
    await server.stop()
  })

  const check = async (url: string, scenario: string) => {
    const { code, output } = await run([
      tools?.conformance ?? '',
      'server',
      '--url',
      url,
      '--scenario',
      scenario,
    ])
    expect(code, output).toBe(0)
  }

  it.each(['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection'])(
    'the endpoint passes %s',
    (scenario) => check(own.url, scenario),
  )

  it.each([
    'tools-call-simple-text',
    'tools-call-image',
    'tools-call-audio',
    'tools-call-embedded-resource',
    'tools-call-mixed-content',
    'tools-call-error',
    'tools-call-with-logging',
    'tools-call-with-progress',
    'json-schema-2020-12',
  ])('its handler passes %s, with the tools that it calls', (scenario) => check(suite.url, scenario))

  it('the inspector lists and calls the tools of an agent', async () => {
    const { run: started, token } = await new ClaimedRuns(server).start('review')
    const inspect = (...words: string[]) =>
      run([
        tools?.inspector ?? '',
        '--cli',
        `${server.url}/mcp`,
        '--transport',
        'http',
        '--header',
        `Authorization: Bearer ${token}`,
        ...words,
      ])
    const listed = await inspect('--method', 'tools/list')
    expect(listed.output).toContain('pawl_artifact_submit')
    const state = await inspect('--method', 'tools/call', '--tool-name', 'pawl_state')
    expect(state.output).toContain(started.id)
  })
})
