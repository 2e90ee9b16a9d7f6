import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { Bench, ERRAND, shellAgent } from '../worker/startTestWorker.ts'
import { PAWL, pawlAt } from './pawl.ts'
import { startChild } from '../../support/startChild.ts'

let server: TestServer
let cli: ReturnType<typeof pawlAt>
beforeAll(async () => {
  server = await startTestServer()
  cli = pawlAt(server.url, server.adminToken)
  unwrap(await createPawl({ url: server.url, token: server.adminToken }).workflows.register(ERRAND))
})
afterAll(() => server.stop())

/** Starts `pawl` with both its streams on a disk that is full. */
function startOnFullDisk(words: readonly string[], env: NodeJS.ProcessEnv, cwd: string): ChildProcess {
  const full = openSync('/dev/full', 'w')
  const { PATH, HOME } = process.env
  const child = startChild(process.execPath, [PAWL, ...words], {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', full, full],
  })
  closeSync(full)
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function prepare() {
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  const agents = { default: shellAgent(`echo '{"ok":1}' > out.json`) }
  await writeFile(join(bench.folder, 'pawl.worker.yaml'), JSON.stringify({ ...bench.settings, agents }))
  return bench
}

async function codeOf(child: ChildProcess): Promise<unknown> {
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

describe('work continues where nobody reads what is printed', () => {
  test('of a worker whose reader has seen enough', async () => {
    const bench = await prepare()
    const worker = cli.start(['worker', '--json'], { cwd: bench.folder })
    await worker.until(/"kind":"started"/)
    worker.stopReading()
    for (const _ of [1, 2])
      expect((await bench.settled(await bench.begin('errand'))).status).toBe('COMPLETED')
    worker.kill('SIGTERM')
    const { code, stderr } = await worker.ended
    expect(code).toBe(0)
    expect(stderr).toContain('EPIPE')
  })

  test('of a worker whose log is on a full disk', { tags: 'thorough' }, async () => {
    const bench = await prepare()
    const worker = startOnFullDisk(['worker'], cli.env, bench.folder)
    for (const _ of [1, 2])
      expect((await bench.settled(await bench.begin('errand'))).status).toBe('COMPLETED')
    worker.kill('SIGTERM')
    expect(await codeOf(worker)).toBe(0)
  })

  test('of a server whose log is on a full disk', { tags: 'thorough' }, async () => {
    const data = await mkdtemp(join(tmpdir(), 'pawl-full-'))
    onTestFinished(() => rm(data, { recursive: true, force: true }))
    const serving = startOnFullDisk(
      ['serve', '--port', '0', '--log-level', 'debug', '--data', data],
      {},
      data,
    )
    const read = (file: string) => readFile(join(data, file), 'utf8').then((text) => text.trim())
    await expect.poll(() => read('address').catch(() => ''), { timeout: 60_000 }).toContain('http')
    const there = createPawl({ url: await read('address'), token: await read('token') })
    const { run } = unwrap(await there.runs.start({ workflow: 'review' }))
    expect(run.status).toBe('QUEUED')
    serving.kill('SIGTERM')
    expect(await codeOf(serving)).toBe(0)
  })

  test('of a command under pawl exec', async () => {
    const bench = await prepare()
    const script = `sleep 0.5; echo done > "${join(bench.folder, 'done')}"; exit 7`
    const words = ['exec', '--workflow', 'errand', '--label', bench.label, '--', 'sh', '-c', script]
    const exec = startOnFullDisk(words, cli.env, bench.workspace)
    expect(await codeOf(exec)).toBe(7)
    expect(await bench.read('../done')).toBe('done')
    const { nodes } = await bench.person.runs.list({ filter: { labels: [bench.label] } })
    expect(nodes).toMatchObject([{ status: 'FAILED', reason: 'REPORTED_FAILURE', lease: null }])
  })
})

test('an answer that can’t be kept is a fault', async () => {
  const child = startOnFullDisk(['run', 'list'], cli.env, tmpdir())
  expect(await codeOf(child)).toBe(1)
})

test('a folder for temporary files that is not there is no hindrance', async () => {
  const { code, stdout } = await cli.run(
    ['exec', '--workflow', 'errand', '--', 'sh', '-c', 'mktemp && echo "TMPDIR=$TMPDIR."'],
    { env: { TMPDIR: '/no/such/folder' } },
  )
  expect(code).toBe(0)
  expect(stdout).toContain('TMPDIR=.')
})

test('a folder of the PATH that can’t be read is passed over', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'pawl-path-')), 'loop')
  onTestFinished(() => rm(join(file, '..'), { recursive: true, force: true }))
  await cli.shell(`ln -s loop "${file}"`)
  const PATH = `${file}:${'x'.repeat(300)}:${process.env['PATH']}`
  const { code } = await cli.run(['exec', '--workflow', 'errand', '--', 'true'], { env: { PATH } })
  expect(code).toBe(0)
})
