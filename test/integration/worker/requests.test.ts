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

test('a phase costs three requests, when its agent has ended with its file', async ({ onTestFinished }) => {
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
      const { input } = (JSON.parse(request.body) as { variables: { input?: { steps?: object[] } } })
        .variables
      const steps = input?.steps?.map((step) => Object.keys(step)[0]).join(' ')
      if (!BESIDE.includes(name)) asked.push(steps ?? name)
      return fetch(url, request)
    },
  })
  const agents = { agent: shellAgent(`echo '{}' > out.json`) }
  const config = workerConfigSchema.parse({ ...bench.settings, agents })
  const worker = startWorker({ pawl, url: server.url, owner: 'counted', config })
  onTestFinished(() => worker.kill())
  const run = await bench.settled(await bench.begin('chain'))
  expect(run.status).toBe('COMPLETED')
  const isEnd = (each: string) => each.includes('advancePhase')
  const ends = asked.flatMap((each, place) => (isEnd(each) ? [place] : []))
  expect(ends).toHaveLength(KEYS.length)
  for (const [place, end] of ends.slice(1).entries())
    expect(asked.slice((ends[place] ?? 0) + 1, end + 1)).toEqual([
      'recordPrompt startExecution openSession',
      'recordPrompt',
      'openSession finishExecution updateSession submitArtifact advancePhase',
    ])
})
