import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'

// sweeps a minute apart: whatever happens sooner happens because somebody looked when to wake up
let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ config: { sweepSeconds: 60, cancelGraceSeconds: 1 } })
  const definition = {
    name: 'brief',
    version: 1,
    initialPhase: 'work',
    timeouts: { queueSeconds: 1 },
    phases: [
      { key: 'work', next: ['done'] },
      { key: 'done', final: true },
    ],
  }
  const { data } = await ask(
    server,
    'mutation ($definition: JSON!) { registerWorkflow(input: { definition: $definition }) { __typename } }',
    {
      token: server.adminToken,
      variables: { definition },
    },
  )
  if (!JSON.stringify(data).includes('RegisterWorkflowSuccess'))
    throw new Error('the workflow was not registered')
})
afterAll(() => server.stop())

/** When each event of a run was written, in seconds since its first. */
async function readTimes(id: string): Promise<Record<string, number>> {
  const { rows } = await server.store.pool.query<{ type: string; after: number }>(
    `SELECT type, extract(epoch from at - min(at) OVER ())::float8 AS after FROM event WHERE run_id = $1`,
    [id],
  )
  return Object.fromEntries(rows.map(({ type, after }) => [type, after]))
}

async function start(input: string): Promise<string> {
  const { data } = await ask(
    server,
    `mutation { startRun(input: ${input}) { ... on StartRunSuccess { run { id } } } }`,
    { token: server.adminToken },
  )
  return (data as unknown as { startRun: { run: { id: string } } }).startRun.run.id
}

it('fails a run that waited too long within a second of its limit', async () => {
  const id = await start('{ workflow: "brief" }')
  await expect.poll(() => readTimes(id), { timeout: 10_000 }).toHaveProperty(['run.failed'])
  const times = await readTimes(id)
  expect(times['run.failed']).toBeGreaterThanOrEqual(1)
  expect(times['run.failed']).toBeLessThan(2.2)
})

it('takes a lease back within a second of its expiry', async () => {
  const id = await start('{ workflow: "delivery", claim: { owner: "w", leaseSeconds: 5 } }')
  await expect.poll(() => readTimes(id), { timeout: 10_000 }).toHaveProperty(['run.requeued'])
  const times = await readTimes(id)
  expect(times['run.requeued']).toBeGreaterThanOrEqual(5)
  expect(times['run.requeued']).toBeLessThan(6)
})
