import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unwrap } from '@pawl/sdk'
import { Bench, ERRAND, isAlive, shellAgent } from '../integration/worker/startTestWorker.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { openTcpProxy } from '../support/tcpProxy.ts'
import { spawnWorker } from './spawnWorker.ts'

const PATIENCE = { timeout: 180_000 }

let server: TestServer
let token: string
beforeAll(async () => {
  server = await startTestServer()
  token = (await server.createToken({ role: 'WORKER', name: 'worker' })).secret
  const bench = await Bench.prepare(server)
  unwrap(await bench.person.workflows.register(ERRAND))
  unwrap(await bench.person.workflows.register({ ...ERRAND, name: 'once', onOwnerLost: 'FAIL' }))
  await bench.remove()
})
afterAll(async () => {
  await server.stop()
})

/** Records its pid; the first time it runs until it is killed, after that it does its work. */
const SECOND_TIME_LUCKY = shellAgent(
  `echo $$ >> pids; if [ -f begun ]; then echo '{"ok":true}' > out.json; else touch begun; exec sleep 1000; fi`,
)

async function firstPid(bench: Bench): Promise<number> {
  return Number((await bench.read('pids')).split('\n')[0])
}

/** Resolves when the process has exited. */
async function gone(pid: number): Promise<void> {
  while (await isAlive(pid)) await sleep(50)
}

/** The owners that claimed the run, in order. */
async function claimsOf(bench: Bench, runId: string): Promise<string[]> {
  return Array.from(
    (await bench.tellStory(runId)).matchAll(/(\S+) claimed the run/g),
    ([, owner = '']) => owner,
  )
}

describe.concurrent('a worker that was frozen for longer than its lease', () => {
  const freeze = async (bench: Bench, workflow: string) => {
    const config = { ...bench.settings, agents: { runner: SECOND_TIME_LUCKY }, leaseSeconds: 5 }
    const orders = { url: server.url, token, owner: 'first', config, killAt: null, nth: 1 }
    const frozen = spawnWorker(orders)
    const runId = await bench.begin(workflow)
    await bench.until(runId, (run) => run.currentPhase?.status === 'AWAITING_ARTIFACT')
    frozen.kill('SIGSTOP')
    return { frozen, runId, pid: await firstPid(bench) }
  }

  test(
    'kills its agent when it wakes, and writes nothing',
    { ...PATIENCE, tags: 'thorough' },
    async ({ onTestFinished }) => {
      const bench = await Bench.prepare(server)
      onTestFinished(() => bench.remove())
      const { frozen, runId, pid } = await freeze(bench, 'once')
      onTestFinished(() => frozen.kill('SIGKILL'))
      const lost = await bench.settled(runId)
      expect([lost.status, lost.reason]).toEqual(['FAILED', 'OWNER_LOST'])
      expect(await isAlive(pid)).toBe(true)
      frozen.kill('SIGCONT')
      await gone(pid)
      frozen.kill('SIGTERM')
      expect(await frozen.ended).toBe(null)
      const after = await bench.look(runId)
      expect([after.status, after.revision, after.epoch]).toEqual([lost.status, lost.revision, lost.epoch])
      const left = frozen.news.find(({ kind }) => kind === 'run-left')
      expect(left).toMatchObject({ isGone: true })
      expect(unwrap(await bench.person.runs.verify(runId)).differences).toEqual([])
    },
  )

  test(
    'finds its run done by another, whom its agent did not disturb',
    PATIENCE,
    async ({ onTestFinished }) => {
      const bench = await Bench.prepare(server)
      onTestFinished(() => bench.remove())
      const { frozen, runId, pid } = await freeze(bench, 'errand')
      onTestFinished(() => frozen.kill('SIGKILL'))
      bench.start({ runner: SECOND_TIME_LUCKY }, { owner: 'second' })
      const done = await bench.settled(runId)
      expect([done.status, done.phases[0]?.attempts]).toEqual(['COMPLETED', 1])
      expect(await isAlive(pid)).toBe(false)
      frozen.kill('SIGCONT')
      frozen.kill('SIGTERM')
      expect(await frozen.ended).toBe(null)
      expect(await claimsOf(bench, runId)).toEqual(['first', 'second'])
      expect((await bench.look(runId)).revision).toBe(done.revision)
    },
  )
})

describe.concurrent('a worker whose server is gone', () => {
  test(
    'for less than its lease keeps its run, and its agent works on',
    PATIENCE,
    async ({ onTestFinished }) => {
      const bench = await Bench.prepare(server)
      const proxy = await openTcpProxy(server.url)
      onTestFinished(async () => {
        proxy.restore()
        await bench.remove()
        proxy.close()
      })
      const agent = shellAgent(
        `echo $$ >> pids; while [ ! -f go ]; do sleep 0.1; done; echo '{"ok":true}' > out.json`,
      )
      bench.start({ runner: agent }, { url: proxy.url })
      const runId = await bench.begin('errand')
      await bench.until(runId, (run) => run.currentPhase?.status === 'AWAITING_ARTIFACT')
      proxy.cut()
      await writeFile(join(bench.workspace, 'go'), '')
      await gone(await firstPid(bench))
      proxy.restore()
      const run = await bench.settled(runId)
      expect([run.status, run.phases[0]?.attempts]).toEqual(['COMPLETED', 1])
      expect(await claimsOf(bench, runId)).toEqual(['worker-1'])
      expect((await bench.read('pids')).split('\n')).toHaveLength(1)
    },
  )

  test(
    'for longer stops its agent, gives the run up, and takes it again',
    PATIENCE,
    async ({ onTestFinished }) => {
      const bench = await Bench.prepare(server)
      const proxy = await openTcpProxy(server.url)
      onTestFinished(async () => {
        proxy.restore()
        await bench.remove()
        proxy.close()
      })
      bench.start({ runner: SECOND_TIME_LUCKY }, { url: proxy.url, leaseSeconds: 6 })
      const runId = await bench.begin('errand')
      await bench.until(runId, (run) => run.currentPhase?.status === 'AWAITING_ARTIFACT')
      proxy.cut()
      await gone(await firstPid(bench))
      const { lease } = await bench.look(runId)
      expect(lease?.isLive).toBe(true)
      await bench.until(runId, ({ status }) => status === 'QUEUED')
      proxy.restore()
      const run = await bench.settled(runId)
      expect([run.status, run.phases[0]?.attempts]).toEqual(['COMPLETED', 1])
      expect(await claimsOf(bench, runId)).toEqual(['worker-1', 'worker-1'])
      expect(unwrap(await bench.person.runs.verify(runId)).differences).toEqual([])
    },
  )
})
