import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPawl, unwrap } from '@pawl/sdk'
import type { WorkflowDefinition } from '@pawl/sdk'
import { workerConfigSchema } from '../../../src/worker/config/config.ts'
import { startWorker } from '../../../src/worker/startWorker.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { Bench, shellAgent } from './startTestWorker.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const KEYS = ['plan', 'build', 'check'] as const
const CHAIN = {
  name: 'chain',
  version: 1,
  initialPhase: 'plan',
  phases: [
    ...KEYS.map((key, index) => ({
      key,
      next: [KEYS[index + 1] ?? 'done'],
      role: 'agent',
      artifact: { path: 'out.json', schema: { type: 'object' } },
    })),
    { key: 'done', final: true },
  ],
} satisfies WorkflowDefinition

/** What keeps a claim, in its own time. */
const BESIDE = ['RenewLease', 'AppendTranscript', 'RunPosition']

test('a phase costs its commands and one reading of the run, when its agent has ended', async ({
  onTestFinished,
}) => {
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  unwrap(await bench.person.workflows.register(CHAIN))
  const asked: string[] = []
  const { secret } = await server.createToken({ role: 'WORKER' })
  const pawl = createPawl({
    url: server.url,
    token: secret,
    fetch: (url, request) => {
      const [, name = ''] = /(?:query|mutation) (\w+)/.exec(request.body) ?? []
      if (!BESIDE.includes(name)) asked.push(name)
      return fetch(url, request)
    },
  })
  const agents = { agent: shellAgent(`echo '{}' > out.json`) }
  const config = workerConfigSchema.parse({ ...bench.settings, agents })
  const worker = startWorker({ pawl, url: server.url, owner: 'counted', config })
  onTestFinished(() => worker.kill())
  const run = await bench.settled(await bench.begin('chain'))
  expect(run.status).toBe('COMPLETED')
  const steps = asked.join(' ').split(/AdvancePhase ?/)
  expect(steps).toHaveLength(KEYS.length + 1)
  const ofOnePhase = [
    'FinishExecution',
    'OpenSession',
    'OpenSession',
    'RecordPrompt',
    'RecordPrompt',
    'Run',
    'StartExecution',
    'SubmitArtifact',
    'UpdateSession',
  ]
  for (const step of steps.slice(1, -1)) expect(step.trim().split(' ').toSorted()).toEqual(ofOnePhase)
})
