import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processAdapter } from '../../../src/adapters/process/processAdapter.ts'
import { never, setUp } from '../../conformance/adapters/workbench.ts'
import { ClaimedRuns } from '../../support/mcp.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { PAWL } from '../cli/pawl.ts'

const AGENT = join(import.meta.dirname, 'mcpAgent.js')

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

describe('an agent whose definition says how it is given the tools', () => {
  it.each([
    ['claude', `${process.execPath} ${PAWL}`, 'a command'],
    ['gemini', `${process.execPath} ${PAWL}`, 'a command'],
    ['claude', '/no/pawl', 'http'],
    ['gemini', '/no/pawl', 'http'],
  ] as const)('reaches its run, as %s with PAWL=%s', async (mcp, command, by) => {
    const { run, token } = await new ClaimedRuns(server).start('review')
    const bench = await setUp(processAdapter, { adapter: 'process', command: [AGENT], prompt: 'stdin', mcp })
    const { env } = bench.context()
    const agent = await bench.open({
      env: { ...env, PAWL_URL: server.url, PAWL_TOKEN: token, PAWL: command },
    })
    await agent.send({ key: 'x', text: 'x' })
    await agent.turnOver(never())
    expect(bench.printed()).toContain(`I work on ${run.id} by ${by}`)
  })
})
