// @module-tag thorough
import { unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { pawlAt } from '../cli/pawl.ts'
import { Bench, ERRAND, shellAgent } from './startTestWorker.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  const bench = await Bench.prepare(server)
  unwrap(await bench.person.workflows.register(ERRAND))
  await bench.remove()
})
afterAll(() => server.stop())

async function open(): Promise<Bench> {
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  return bench
}

describe('one agent works in a directory', () => {
  test('where two workers have runs for the same one, one after the other', async () => {
    const bench = await open()
    const script = `mkdir at || touch met; sleep 1; rmdir at; echo '{"ok":1}' > out.json`
    for (const owner of ['worker-1', 'worker-2'])
      bench.start({ runner: shellAgent(script) }, { owner, pollMs: 500 })
    const ids = await Promise.all([1, 2].map(() => bench.begin('errand')))
    for (const id of ids) expect((await bench.settled(id)).status).toBe('COMPLETED')
    await expect(bench.read('met')).rejects.toThrow('ENOENT')
  })

  test('where a person’s command works there: the run is given back, and told by whom it is taken', async () => {
    const bench = await open()
    const cli = pawlAt(server.url, server.adminToken)
    const words = [
      'exec',
      '--workflow',
      'errand',
      '--',
      'sh',
      '-c',
      'echo ready; while [ ! -f go ]; do sleep 0.1; done',
    ]
    const exec = cli.start(words, { cwd: bench.workspace })
    const [, holder = ''] = await exec.until(/run (run_\w+)/)
    await exec.until(/ready/)
    const runId = await bench.begin('errand')
    bench.start({ runner: shellAgent(`touch worked; echo '{"ok":1}' > out.json`) }, { pollMs: 500 })
    const taken = () => bench.news.find(({ kind }) => kind === 'directory-taken')
    await expect.poll(taken).toMatchObject({ runId, directory: bench.workspace })
    expect(taken()).toMatchObject({
      holder: expect.stringContaining(`${holder} (pawl exec, process ${exec.pid}`),
    })
    const run = await bench.until(runId, ({ lease }) => lease === null)
    expect([run.status, run.currentPhase?.status]).toEqual(['QUEUED', 'PENDING'])
    expect(run.waitsFor).toContain(holder)
    expect(Date.parse(run.claimableAt ?? '')).toBeGreaterThan(Date.parse(run.asOf))
    await expect(bench.read('worked')).rejects.toThrow('ENOENT')
    await cli.shell('touch go', { cwd: bench.workspace })
    expect((await bench.settled(runId)).status).toBe('COMPLETED')
  })
})
