import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processAdapter } from '../../../src/adapters/process/processAdapter.ts'
import { tmuxAdapter } from '../../../src/adapters/tmux/tmuxAdapter.ts'
import { WITHOUT_TMUX } from '../../conformance/adapters/kinds.ts'
import { makeFolder, never, setUp } from '../../conformance/adapters/workbench.ts'
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

  it.skipIf(WITHOUT_TMUX !== undefined)(
    'reaches its run from a terminal, also under an owner who took it over',
    async () => {
      const runs = new ClaimedRuns(server)
      const [first, next] = [await runs.start('review'), await runs.start('review')]
      const { bench, openAs } = await openTerminal(`'${process.execPath}' '${AGENT}' "$@"`)
      const pawl = `${process.execPath} ${PAWL}`
      const agent = await openAs(first.token, pawl)
      await agent.send({ key: 'one', text: 'one' })
      await bench.untilPrinted(`I work on ${first.run.id} by a command`)
      await agent.close()
      const adopted = await openAs(next.token, pawl)
      expect(adopted.isAdopted).toBe(true)
      await adopted.send({ key: 'two', text: 'two' })
      await bench.untilPrinted(`I work on ${next.run.id} by a command`)
    },
  )

  it.skipIf(WITHOUT_TMUX !== undefined)(
    'is given none in a terminal where only an address could be named, which would keep the first token',
    async () => {
      const { token } = await new ClaimedRuns(server).start('review')
      const { bench, openAs } = await openTerminal('echo "$# words"')
      const agent = await openAs(token, '/no/pawl')
      await agent.send({ key: 'one', text: 'one' })
      await bench.untilPrinted('0 words')
    },
  )
})

/** An agent in a terminal that does this for each line that is typed. */
async function openTerminal(line: string) {
  const folder = await makeFolder()
  const program = join(folder, 'agent')
  const script = `#!/bin/sh\nstty -echo\nwhile printf 'agent> '; read -r _; do ${line}; done\n`
  await writeFile(program, script, { mode: 0o755 })
  const bench = await setUp(tmuxAdapter, {
    adapter: 'tmux',
    command: [program],
    prompt: 'keys',
    mcp: 'claude',
  })
  const terminal = { ...bench.definition.terminal, ready: '^agent> *$' }
  const { env } = bench.context()
  const openAs = (token: string, pawl: string) =>
    bench.open({
      definition: { ...bench.definition, terminal },
      env: { ...env, PAWL_URL: server.url, PAWL_TOKEN: token, PAWL: pawl },
    })
  return { bench, openAs }
}
