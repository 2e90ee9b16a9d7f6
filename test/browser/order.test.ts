import { createPawl, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SEED } from '../support/seed.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { isThorough } from '../support/thorough.ts'
import { type Dashboard, expectStatus, openDashboard } from './dashboard.ts'
import { startHeld } from './driving.ts'
import { openShuffledServer, type ShuffledServer } from './shuffledServer.ts'
import { readFlickers, watchFrames } from './watchFrames.ts'

let server: TestServer
let proxy: ShuffledServer
let dashboard: Dashboard
beforeAll(async () => {
  server = await startTestServer()
  proxy = await openShuffledServer(server.url, SEED)
  dashboard = await openDashboard({ url: proxy.url, token: server.adminToken })
})
afterAll(async () => {
  await dashboard.close()
  await proxy.close()
  await server.stop()
})

const WAVES = isThorough ? 8 : 2

/** Takes a run from its start to an end, by many changes in quick succession. */
async function live(number: number): Promise<{ id: string; end: string }> {
  const pawl = createPawl({ url: server.url, token: server.adminToken })
  const { id, fence } = await startHeld(pawl, { title: `Run ${number}`, project: 'order' })
  unwrap(await pawl.phases.start(id, 'context', { fence }))
  for (const to of ['change-context', 'analysis', 'reviews'])
    unwrap(await pawl.phases.advance(id, to, { fence }))
  unwrap(await pawl.runs.pause(id))
  unwrap(await pawl.runs.resume(id))
  if (number % 2 === 0) {
    unwrap(await pawl.runs.cancel(id))
    unwrap(await pawl.runs.confirmCancel(id, { fence }))
    return { id, end: 'CANCELLED' }
  }
  for (const to of ['aggregation', 'discourse', 'synthesis'])
    unwrap(await pawl.phases.advance(id, to, { fence }))
  unwrap(await pawl.rounds.complete(id, { fence }))
  unwrap(await pawl.phases.advance(id, 'complete', { fence }))
  unwrap(await pawl.runs.complete(id, { fence }))
  return { id, end: 'COMPLETED' }
}

it(`never draws a settled run as anything else, whatever comes late, twice or in another order`, async () => {
  const { page } = dashboard
  await page.goto(`${proxy.url}/?project=order&open=completed,cancelled`)
  await page.locator('.connection[data-phase="CONNECTED"]').waitFor()
  await watchFrames(page)
  const runs: { id: string; end: string }[] = []
  for (let wave = 0; wave < WAVES; wave += 1) {
    runs.push(...(await Promise.all([0, 1, 2, 3].map((number) => live(wave * 4 + number)))))
    // The streams begin again in the middle of it, and lists are read again.
    if (wave % 2 === 1) proxy.breakStreams()
  }
  for (const { id, end } of runs) await expectStatus(page, id, end)
  const { found, frames, settled } = await readFlickers(page)
  expect(found).toEqual([])
  expect(frames).toBeGreaterThan(20)
  expect(settled).toBeGreaterThan(runs.length)
  expect(proxy.shuffled()).toBeGreaterThan(50)
})

it('nor on the page of the run, nor any phase of it as under way', async () => {
  const { page, pawl } = dashboard
  const { id, fence } = await startHeld(pawl, { title: 'Looked at closely' })
  await page.goto(`${proxy.url}/runs/${id}`)
  await expectStatus(page, id, 'RUNNING')
  await watchFrames(page)
  const direct = createPawl({ url: server.url, token: server.adminToken })
  proxy.breakStreams()
  unwrap(await direct.phases.start(id, 'context', { fence }))
  await page.locator('[data-phase="context"][data-phase-status="RUNNING"]').waitFor()
  // What others do goes through the same streams, and in between.
  const others = [100, 101, 102].map((number) => live(number))
  for (let times = 0; times < 10; times += 1) {
    unwrap(await direct.runs.pause(id))
    unwrap(await direct.runs.resume(id))
  }
  unwrap(await direct.runs.cancel(id))
  unwrap(await direct.runs.confirmCancel(id, { fence }))
  await Promise.all(others)
  await expectStatus(page, id, 'CANCELLED')
  await page.locator('[data-phase="context"][data-phase-status="CANCELLED"]').waitFor()
  // What was held back comes in by now.
  await page.getByRole('tab', { name: 'Raw' }).click()
  await page.getByRole('button', { name: 'Compare it with its log' }).click()
  await page.getByText(/It is exactly what its \d+ events say/).waitFor()
  const { found, settled } = await readFlickers(page)
  expect(found).toEqual([])
  expect(settled).toBeGreaterThan(0)
})
