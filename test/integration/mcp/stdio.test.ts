import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { callTool, ClaimedRuns } from '../../support/mcp.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { PAWL, runPawl } from '../cli/pawl.ts'
import { startChild } from '../../support/startChild.ts'

let server: TestServer
let runs: ClaimedRuns
beforeAll(async () => {
  server = await startTestServer()
  runs = new ClaimedRuns(server)
})
afterAll(() => server.stop())

const environment = (given: Readonly<Record<string, string>>) => ({
  PATH: process.env['PATH'] ?? '',
  PAWL_URL: server.url,
  ...given,
})

async function connect(env: Readonly<Record<string, string>>): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [PAWL, 'mcp'],
    env: environment(env),
  })
  await client.connect(transport)
  onTestFinished(() => client.close())
  return client
}

describe('pawl mcp', () => {
  it('gives an agent the tools for its run, from the environment that it has', async () => {
    const { run, token } = await runs.start('review')
    const client = await connect({ PAWL_TOKEN: token })
    expect(client.getServerVersion()?.name).toBe('pawl')
    expect((await callTool(client, 'pawl_state')).result).toMatchObject({ runId: run.id, status: 'RUNNING' })
    expect(await callTool(client, 'pawl_run_complete')).toMatchObject({
      isError: true,
      refusal: { type: 'NotCompletable' },
    })
    await callTool(client, 'pawl_phase_start', { phase: 'context' })
    expect(await callTool(client, 'pawl_phase_advance', { to: 'change-context' })).toMatchObject({
      isError: false,
    })
  })

  it('reads a token again that a later owner wrote for an agent that continues', async () => {
    const { run, token, fence } = await runs.start('review')
    const file = join(mkdtempSync(join(tmpdir(), 'pawl-token-')), 'token')
    writeFileSync(file, token)
    const client = await connect({ PAWL_TOKEN_FILE: file })
    expect(await callTool(client, 'pawl_state')).toMatchObject({ isError: false })
    unwrap(await runs.admin.runs.release(run.id, { fence }))
    const claimed = unwrap(await runs.admin.runs.claim({ runId: run.id, owner: 'later' }))
    expect(await callTool(client, 'pawl_state')).toMatchObject({ isError: true })
    writeFileSync(file, claimed.agentToken ?? '')
    expect((await callTool(client, 'pawl_state')).result).toMatchObject({ lease: { owner: 'later' } })
  })

  it('gives other programs the tools for runs', async () => {
    const client = await connect({ PAWL_TOKEN: server.adminToken })
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('pawl_run_start')
  })

  it('prints nothing but the protocol, and ends with its input', async () => {
    const child = startChild(process.execPath, [PAWL, 'mcp'], {
      env: environment({ PAWL_TOKEN: server.adminToken }),
      stdio: 'pipe',
    })
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)))
    const lines = [
      'this is no message',
      JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
      }),
      JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }),
      JSON.stringify({
        jsonrpc: '2.0',
        id: 2,
        method: 'tools/call',
        params: { name: 'pawl_run_list', arguments: {} },
      }),
    ]
    child.stdin.write(`${lines.join('\n')}\n`)
    await expect.poll(() => stdout.includes('"id":2')).toBe(true)
    child.stdin.end()
    expect(await once(child, 'close')).toEqual([0, null])
    for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
  })

  it('says where no server is known, and that one is away', async () => {
    expect(await runPawl(['mcp'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('NoServer'),
    })
    const client = await connect({ PAWL_URL: 'http://127.0.0.1:9', PAWL_TOKEN: server.adminToken })
    const { tools } = await client.listTools()
    expect(tools.length).toBeGreaterThan(0)
    const away = await callTool(client, 'pawl_run_list')
    expect(away).toMatchObject({ isError: true, refusal: { type: 'UNREACHABLE' } })
  })
})
