import { afterAll, beforeAll, expect, test } from 'vitest'
import { unwrap } from '@pawl/sdk'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { Bench, shellAgent } from './startTestWorker.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

test('a delivery goes from the plan, which a person approves, over a file that is repaired, to its end', async () => {
  const bench = await Bench.prepare(server)
  const { person } = bench
  const agent = shellAgent(`case "$phase" in
    plan) echo '# A plan' > plan.md;;
    build) case "$prompt" in *'put right'*) echo '{"commit":"abc"}' > build.json;; *) echo ' ' > build.json;; esac;;
    verify) echo '{"passed":true}' > verify.json;;
  esac`)
  bench.start({ default: agent }, { workflows: ['delivery'] })
  const run = { id: await bench.begin('delivery', { title: 'Notes' }) }
  await bench.decide(run.id, 'APPROVE')
  const settled = await bench.settled(run.id)
  expect([settled?.status, settled?.outcome]).toEqual(['COMPLETED', 'SUCCESS'])
  const attempts = settled?.phases.map(({ key, attempts }) => [key, attempts])
  expect(attempts).toEqual([
    ['plan', 1],
    ['build', 2],
    ['verify', 1],
    ['done', 1],
  ])
  const { nodes } = await person.artifacts.list(run.id)
  expect(nodes.map(({ path, valid }) => [path, valid]).toReversed()).toEqual([
    ['plan.md', true],
    ['build.json', false],
    ['build.json', true],
    ['verify.json', true],
  ])
  const executions = await person.executions.list({ filter: { runId: run.id } })
  expect(executions.nodes.map(({ outcome }) => outcome)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS'])
  expect(unwrap(await person.runs.verify(run.id)).differences).toEqual([])
  await bench.remove()
})
