import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { PAWL, pawlAt } from './pawl.ts'
import { startChild } from '../../support/startChild.ts'

const EXAMPLES = join(import.meta.dirname, '../../../examples')
const TSX = ['--import', import.meta.resolve('tsx')]

let server: TestServer
let pawl: Pawl
let cli: ReturnType<typeof pawlAt>

beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
})

afterAll(async () => {
  await server.stop()
})

/** Starts a TypeScript example; one that outlives its test is killed. */
function startExample(name: string, words: readonly string[] = []) {
  const child = startChild(process.execPath, [...TSX, join(EXAMPLES, name), ...words], {
    env: { ...process.env, PAWL_URL: server.url, PAWL_TOKEN: server.adminToken },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, lines, ended }
}

/** Follows a run until it has settled, and returns it. */
async function settle(runId: string) {
  for await (const frame of pawl.runs.watch(runId, { untilSettled: true })) if (frame.isSettled) break
  return pawl.runs.get(runId)
}

describe('the example', () => {
  it('bash-agent.sh goes through a review', { tags: 'thorough' }, async () => {
    const env = { PAWL: `${process.execPath} ${PAWL}` }
    const words = ['exec', '--workflow', 'review', '--', join(EXAMPLES, 'bash-agent.sh')]
    const { code, stdout, stderr } = await cli.run(words, { env })
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('working on discourse')
    const [id = ''] = /run_\w+/.exec(stderr) ?? []
    const run = await pawl.runs.get(id)
    expect(run).toMatchObject({ status: 'COMPLETED', outcome: 'SUCCESS' })
    expect(JSON.stringify(run?.output)).toContain('aggregation: done')
  })

  it('worker-loop.ts drives the runs that wait, and start-and-watch.ts follows one', async () => {
    const worker = startExample('worker-loop.ts')
    const watcher = startExample('start-and-watch.ts', ['PR 1'])
    const { run } = unwrap(await pawl.runs.start({ workflow: 'review' }))
    expect(await settle(run.id)).toMatchObject({ status: 'COMPLETED', output: { findings: 0 } })
    expect(await watcher.ended).toBe(0)
    expect(watcher.lines.at(-1)).toBe('SUCCESS: {"findings":0}')
    worker.child.kill('SIGTERM')
    expect(await worker.ended).toBe(0)
  })

  it(
    'delivery-agent waits for a person, repairs what is refused, plans again what is sent back, and hears messages',
    { tags: 'thorough' },
    async () => {
      expect((await cli.run(['workflow', 'apply', join(EXAMPLES, 'workflows/delivery.yaml')])).code).toBe(0)
      const agent = [process.execPath, ...TSX, join(EXAMPLES, 'delivery-agent/agent.ts')]
      const planned = await cli.run(['exec', '--workflow', 'delivery', '--', ...agent])
      const [id = ''] = /run_\w+/.exec(planned.stderr) ?? []
      expect(planned.stderr).toContain('a person has to decide')
      expect(await pawl.runs.get(id)).toMatchObject({ status: 'AWAITING_APPROVAL', lease: null })

      const words = ['approval', 'decide', '--reject', '--comment', 'fewer']
      expect((await cli.run(words)).code).toBe(0)
      unwrap(await pawl.messages.send(id, 'mind the tests'))
      const again = await cli.run(['exec', '--run', id, '--', ...agent])
      expect(again.stdout).toMatch(/local says: mind the tests\nagain, since it was said: .*fewer/)
      const approved = await cli.json(['approval', 'decide', '--approve'])
      expect(approved.answer).toMatchObject({ approval: { attempt: 2 } })

      const built = await cli.run(['exec', '--run', id, '--', ...agent])
      expect(built.code, built.stderr).toBe(0)
      expect(built.stdout).toContain('the server refused build.json: /entries must be integer')
      expect(await pawl.runs.get(id)).toMatchObject({
        status: 'COMPLETED',
        output: { notes: 'release-notes.md' },
      })
      expect((await pawl.messages.list(id)).nodes.map(({ status }) => status)).toEqual(['CONSUMED'])
      expect(unwrap(await pawl.runs.verify(id)).differences).toEqual([])
    },
  )

  it('review-agent works on its sample where there is no history', { tags: 'thorough' }, async () => {
    const empty = await mkdtemp(join(tmpdir(), 'pawl-example-'))
    onTestFinished(() => rm(empty, { recursive: true }))
    const agent = [process.execPath, ...TSX, join(EXAMPLES, 'review-agent/agent.ts')]
    const { code, stdout, stderr } = await cli.run(['exec', '--workflow', 'review', '--', ...agent], {
      cwd: empty,
    })
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('no history here: reviewing the bundled sample')
    const [id = ''] = /run_\w+/.exec(stderr) ?? []
    const run = await pawl.runs.get(id)
    expect(run).toMatchObject({
      status: 'COMPLETED',
      output: { verdict: '1 finding should be changed first' },
    })
    expect(JSON.stringify(run?.output)).toContain('debugging is left in')
  })

  it('review-agent finds what a change of a repository leaves to be said', async () => {
    const repository = await makeRepository()
    const agent = [process.execPath, ...TSX, join(EXAMPLES, 'review-agent/agent.ts')]
    const { stderr } = await cli.run(['exec', '--workflow', 'review', '--', ...agent], { cwd: repository })
    const [id = ''] = /run_\w+/.exec(stderr) ?? []
    const { output } = (await pawl.runs.get(id)) ?? {}
    const { findings } = output as unknown as {
      findings: { path: string; line: number | null; lens: string }[]
    }
    expect(findings.map(({ lens, path, line }) => [lens, path, line])).toEqual([
      ['leftovers', 'src/deep.ts', 2],
      ['messages', expect.stringMatching(/^commit /), null],
      ['docs', 'src/deep.ts', 1],
    ])
  })
})

/** A repository of one careless commit. */
async function makeRepository(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-example-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const script = `
    git init -q . && mkdir src
    printf 'export function deep() {\\n  // FIXME later\\n  return 1\\n}\\n' > src/deep.ts
    git add -A
    git -c user.name=ada -c user.email=ada@example.com commit -qm 'wip'`
  const [code] = (await once(
    startChild('sh', ['-c', script], { cwd: folder, stdio: 'inherit' }),
    'close',
  )) as [number]
  expect(code).toBe(0)
  return folder
}
