import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { ERRAND, isAlive } from '../worker/startTestWorker.ts'
import { PAWL, pawlAt } from './pawl.ts'
import type { PawlProcess } from './pawl.ts'

let server: TestServer
let pawl: Pawl
let cli: ReturnType<typeof pawlAt>
beforeAll(async () => {
  server = await startTestServer({ config: { sweepSeconds: 0.5 } })
  pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
  unwrap(await pawl.workflows.register(ERRAND))
})
afterAll(() => server.stop())

async function makeFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'pawl-one-')))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A command that works in the folder until it is stopped. */
const WORKING = ['--', 'sh', '-c', 'echo "at work $$"; while :; do sleep 0.1; done']

/** Begins a run in a folder, and returns it with its agent at work. */
async function workIn(cwd: string, words: readonly string[] = WORKING) {
  const running = cli.start(['exec', '--workflow', 'errand', ...words], { cwd })
  const [, runId = ''] = await running.until(/run (run_\w+)/)
  const [, pid = ''] = await running.until(/at work (\d+)/)
  return { running, runId, pid: Number(pid) }
}

async function stop(running: PawlProcess): Promise<void> {
  running.kill('SIGTERM')
  await running.ended
}

async function queue(label: string): Promise<string> {
  return unwrap(await pawl.runs.start({ workflow: 'errand', labels: [label] })).run.id
}

describe('pawl exec in a directory that another run works in', () => {
  test('changes nothing, names the holder, and ends with 8', async () => {
    const folder = await makeFolder()
    const { running, runId } = await workIn(folder)
    const waiting = await queue('waits')
    const before = await pawl.runs.get(waiting)
    for (const words of [
      ['--workflow', 'errand', '--label', 'never'],
      ['--run', waiting],
    ]) {
      const { code, stderr } = await cli.run(['exec', ...words, '--', 'touch', 'intruder'], { cwd: folder })
      expect(code).toBe(8)
      for (const part of ['DirectoryTaken', runId, 'pawl exec', `process ${running.pid}`, folder, '--shared'])
        expect(stderr).toContain(part)
    }
    expect((await pawl.runs.list({ filter: { labels: ['never'] } })).nodes).toEqual([])
    expect(await pawl.runs.get(waiting)).toMatchObject({ status: 'QUEUED', revision: before?.revision })
    await expect(readFile(join(folder, 'intruder'))).rejects.toThrow('ENOENT')
    await stop(running)
    expect((await cli.run(['exec', '--run', waiting, '--', 'true'], { cwd: folder })).code).toBe(0)
  })

  test(
    'works there where it is shared on purpose, and beside it in another',
    { tags: 'thorough' },
    async () => {
      const folder = await makeFolder()
      await mkdir(join(folder, 'below'))
      const { running } = await workIn(folder)
      const words = ['exec', '--workflow', 'errand']
      expect((await cli.run([...words, '--shared', '--', 'true'], { cwd: folder })).code).toBe(0)
      expect((await cli.run([...words, '--', 'true'], { cwd: join(folder, 'below') })).code).toBe(0)
      await stop(running)
    },
  )

  test('is one of many at once', { tags: 'thorough' }, async () => {
    const folder = await makeFolder()
    const script = 'echo x >> entered; sleep 2'
    const words = ['exec', '--workflow', 'errand', '--', 'sh', '-c', script]
    const ended = await Promise.all([1, 2, 3, 4].map(() => cli.run(words, { cwd: folder })))
    expect(ended.map(({ code }) => code).toSorted()).toEqual([0, 8, 8, 8])
    expect(await readFile(join(folder, 'entered'), 'utf8')).toBe('x\n')
  })

  test('works under the lock of the run whose agent called it', { tags: 'thorough' }, async () => {
    const folder = await makeFolder()
    // An agent's own token starts no runs: it has another from somewhere.
    const nested = `PAWL_TOKEN=${server.adminToken} "${process.execPath}" "${PAWL}" exec --workflow errand -- sh`
    await writeFile(join(folder, 'outer.sh'), `${nested} inner.sh`)
    await writeFile(join(folder, 'inner.sh'), `${nested} innermost.sh`)
    await writeFile(join(folder, 'innermost.sh'), 'echo "innermost in $PWD"')
    const words = ['exec', '--workflow', 'errand', '--', 'sh', 'outer.sh']
    const { code, stdout } = await cli.run(words, { cwd: folder })
    expect([code, stdout]).toEqual([0, expect.stringContaining(`innermost in ${folder}`)])
  })
})

describe('what an agent has left in a directory whose supervisor was killed', () => {
  // Closes what it inherited and leaves its session, as daemons do.
  const HARDY = [
    '--lease',
    '5',
    '--',
    'sh',
    '-c',
    `setsid sh -c 'exec 4<&- >/dev/null 2>&1; trap "" HUP TERM; while :; do sleep 0.1; done' &
    echo "at work $!"; while kill -0 $PPID; do sleep 0.1; done`,
  ]

  test('keeps other runs out, and is ended by the next owner of its own', async () => {
    const folder = await makeFolder()
    const { running, runId, pid } = await workIn(folder, HARDY)
    running.kill('SIGKILL')
    await running.ended
    const other = await cli.run(['exec', '--workflow', 'errand', '--', 'true'], { cwd: folder })
    expect([other.code, other.stderr]).toEqual([8, expect.stringContaining(runId)])
    expect(await isAlive(pid)).toBe(true)

    await expect.poll(async () => (await pawl.runs.get(runId))?.lease ?? null).toBe(null)
    const words = ['exec', '--run', runId, '--kill-after', '1', '--', 'true']
    const again = await cli.run(words, { cwd: folder })
    expect(again.code).toBe(0)
    expect(await isAlive(pid)).toBe(false)
    expect((await cli.run(['exec', '--workflow', 'errand', '--', 'true'], { cwd: folder })).code).toBe(0)
  })
})

test('a directory of Pawl’s own is no place for an agent', async () => {
  const folder = await makeFolder()
  const data = join(folder, 'srv', 'data')
  await mkdir(join(data, 'database'), { recursive: true })
  const words = ['exec', '--workflow', 'errand', '--data', data, '--', 'true']
  for (const cwd of [data, join(data, 'database'), folder]) {
    const { code, stderr } = await cli.run([...words.slice(0, 3), '--url', server.url, ...words.slice(3)], {
      cwd,
    })
    expect([code, stderr]).toEqual([2, expect.stringContaining('DirectoryReserved')])
  }
})
