import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { unwrap } from '@pawl/sdk'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { pawlAt } from '../cli/pawl.ts'
import { Bench, ERRAND, isAlive, shellAgent } from './startTestWorker.ts'

let server: TestServer
let token: string
beforeAll(async () => {
  server = await startTestServer()
  token = (await server.createToken({ role: 'WORKER', name: 'worker' })).secret
  const bench = await Bench.prepare(server)
  unwrap(await bench.person.workflows.register(ERRAND))
  await bench.remove()
})
afterAll(() => server.stop())

/** A folder with settings in which `pawl` is called. */
async function prepare(settings: (bench: Bench) => object, role: 'WORKER' | 'VIEWER' = 'WORKER') {
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  await writeFile(join(bench.folder, 'pawl.worker.yaml'), JSON.stringify(settings(bench)))
  const secret = role === 'WORKER' ? token : (await server.createToken({ role })).secret
  const pawl = pawlAt(server.url, secret)
  return { bench, pawl, options: { cwd: bench.folder } }
}

test('takes a run, tells what it does, and ends when it is asked to', async () => {
  const { bench, pawl, options } = await prepare(({ settings }) => ({
    ...settings,
    agents: { runner: shellAgent(`echo '{"ok":true}' > out.json`) },
  }))
  const worker = pawl.start(['worker', '--json', '--owner', 'ann'], options)
  await worker.until(/"kind":"started"/)
  const runId = await bench.begin('errand')
  expect((await bench.settled(runId)).status).toBe('COMPLETED')
  await worker.until(/"kind":"run-left"/)
  worker.kill('SIGTERM')
  const { code, stdout } = await worker.ended
  expect(code).toBe(0)
  const kinds = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { kind: string }).kind)
  expect(kinds).toEqual([
    'started',
    'run-taken',
    'phase-begun',
    'prompt-sent',
    'artifact-submitted',
    'phase-done',
    'run-left',
    'draining',
  ])
  expect(await bench.tellStory(runId)).toContain('ann claimed the run')
})

test('kills its agents at the second signal, and gives the run back', async () => {
  const { bench, pawl, options } = await prepare(({ settings }) => ({
    ...settings,
    agents: {
      default: shellAgent(`trap '' TERM; echo $$ > pid; while :; do sleep 0.1; done`, {
        killAfterSeconds: 600,
      }),
    },
  }))
  const worker = pawl.start(['worker', '--drain-seconds', '600'], options)
  const runId = await bench.begin('errand')
  await worker.until(/the runner is at work/)
  worker.kill('SIGINT')
  await worker.until(/a second signal kills their agents/)
  worker.kill('SIGINT')
  expect((await worker.ended).code).toBe(130)
  expect(await isAlive(Number(await bench.read('pid')))).toBe(false)
  const run = await bench.look(runId)
  expect([run.status, run.lease]).toEqual(['QUEUED', null])
})

test('tells all mistakes of its settings at once, and ends with 2', async () => {
  const { pawl, options } = await prepare(() => ({
    concurrency: 0,
    colour: 'blue',
    agents: { a: { preset: 'x' } },
  }))
  const { code, stderr } = await pawl.run(['worker'], options)
  expect(code).toBe(2)
  for (const part of ['pawl.worker.yaml:1:', 'concurrency', 'colour', 'there is no preset "x"'])
    expect(stderr).toContain(part)
})

test('needs a token that may work', async () => {
  const { pawl, options } = await prepare(() => ({}), 'VIEWER')
  const { code, stderr } = await pawl.run(['worker'], options)
  expect([code, stderr]).toEqual([9, expect.stringContaining('WORKER')])
})

test('refuses to claim runs without an agent for them', async () => {
  const { pawl, options } = await prepare(() => ({ concurrency: 2 }))
  const { code, stderr } = await pawl.run(['worker'], options)
  expect([code, stderr]).toEqual([2, expect.stringContaining('pawl init')])
})
