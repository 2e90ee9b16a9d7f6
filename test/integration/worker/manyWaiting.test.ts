import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Worker } from '@pawl/sdk'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const WORKERS = 100

test('of a hundred workers that wait, one asks for a run that is started, and the others ask nothing', async ({
  onTestFinished,
}) => {
  const person = createPawl({ url: server.url, token: server.adminToken })
  unwrap(
    await person.workflows.register({
      name: 'crowd',
      version: 1,
      initialPhase: 'only',
      phases: [{ key: 'only', final: true }],
    }),
  )
  const { secret } = await server.createToken({ role: 'WORKER' })
  const asked: number[] = Array.from({ length: WORKERS }, () => 0)
  const ran: number[] = []
  let waiting = 0
  const workers: Worker[] = asked.map((_, nth) =>
    createPawl({
      url: server.url,
      token: secret,
      WebSocket: false,
      fetch: (url, request) => {
        if (request.body.includes('subscription RunOffered')) waiting += 1
        // that a worker says it is there is no question
        else if (!request.body.includes('mutation AnnounceWorker')) asked[nth] = (asked[nth] ?? 0) + 1
        return fetch(url, request)
      },
    }).worker({ owner: `worker-${nth}`, pollMs: 600_000 }, async (owned) => {
      ran.push(nth)
      unwrap(await owned.phases.start('only'))
      unwrap(await owned.complete())
    }),
  )
  onTestFinished(async () => void (await Promise.all(workers.map((worker) => worker.stop()))))
  await expect.poll(() => waiting).toBe(WORKERS)

  for (let run = 1; run <= 3; run++) {
    const before = [...asked]
    const { id } = unwrap(await person.runs.start({ workflow: 'crowd' })).run
    for await (const { status } of person.runs.watch(id)) if (status === 'COMPLETED') break
    await expect.poll(() => waiting).toBe(WORKERS + run)
    expect(ran).toHaveLength(run)
    const busy = asked.flatMap((count, nth) => (count > (before[nth] ?? 0) ? [nth] : []))
    expect(busy).toEqual([ran.at(-1)])
  }
})
