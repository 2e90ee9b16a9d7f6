import { afterAll, beforeAll, expect, test } from 'vitest'
import { unwrap } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { nodeAgent, prepareBench } from './startTestWorker.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

test('a delivery goes from the plan, which a person approves, over a file that is repaired, to its end', async () => {
  const bench = await prepareBench(server)
  const { person } = bench
  const agent = nodeAgent(`
    if (phase === 'plan') fs.writeFileSync('plan.md', '# A plan')
    if (phase === 'build') fs.writeFileSync('build.json', prompt.includes('put right') ? '{"commit":"abc"}' : '')
    if (phase === 'verify') fs.writeFileSync('verify.json', '{"passed":true}')
  `)
  bench.start({ workflows: ['delivery'], agents: { default: agent } })
  const { run } = unwrap(await person.runs.start({ workflow: 'delivery', title: 'Notes' }))
  for await (const frame of person.runs.watch(run.id, { untilSettled: true })) {
    if (frame.status === 'AWAITING_APPROVAL') await approve(person, run.id)
  }
  const settled = await person.runs.get(run.id)
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

async function approve(person: Pawl, runId: string): Promise<void> {
  const { nodes } = await person.approvals.list({ runId })
  const open = nodes.find(({ status }) => status === 'PENDING')
  if (open) unwrap(await person.approvals.decide(open.id, { decision: 'APPROVE', digest: open.digest }))
}
