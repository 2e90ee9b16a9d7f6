import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap } from '@pawl/sdk'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ServerProcess, spawnServer } from '../support/spawnServer.ts'
import { type Dashboard, expectStatus, expectTexts, openDashboard } from './dashboard.ts'
import { startHeld, startQueued } from './driving.ts'

let dataDir: string
let server: ServerProcess
let dashboard: Dashboard
let page: Page
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pawl-dashboard-'))
  server = await spawnServer(dataDir)
  dashboard = await openDashboard({ url: server.url, token: await server.readToken() })
  page = dashboard.page
})
afterAll(async () => {
  await dashboard.close()
  server.child.kill('SIGTERM')
  await server.ended
  await rm(dataDir, { recursive: true, force: true })
})

const connection = (phase: string) =>
  page.locator(`.connection[data-phase="${phase}"]`).waitFor({ timeout: 40_000 })
const titles = (column: string) => `[data-column="${column}"] .card-title`

/** Ends the server and starts another at the same address, on the same data. */
async function restart(signal: NodeJS.Signals): Promise<() => Promise<void>> {
  const { port } = new URL(server.url)
  server.child.kill(signal)
  await server.ended
  return async () => {
    server = await spawnServer(dataDir, { PAWL_PORT: port })
  }
}

/** Has a page stand still, as it does while its machine sleeps. Returns what wakes it. */
async function putToSleep(page: Page): Promise<() => Promise<unknown>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Debugger.enable')
  const isStill = new Promise((resolve) => session.once('Debugger.paused', resolve))
  await session.send('Debugger.pause')
  await isStill
  return () => session.send('Debugger.resume')
}

it('says that the server is away, since when, and continues by itself when it is back', async () => {
  const { pawl } = dashboard
  const { id, fence } = await startHeld(pawl, { title: 'Outlives the server' })
  unwrap(await pawl.phases.start(id, 'context', { fence }))
  await expectTexts(page, titles('running'), ['Outlives the server'])
  const other = await dashboard.browser.context.newPage()
  await other.goto(`${server.url}/runs/${id}?tab=events`)
  await other.locator('[data-event="PHASE_STARTED"]').waitFor()
  const tokens = await dashboard.browser.context.newPage()
  await tokens.goto(`${server.url}/tokens`)
  await tokens.locator('[data-token]').first().waitFor()
  const start = await restart('SIGKILL')
  await connection('RECONNECTING')
  // What was known stays, with the words that it is old, and what needs the server is off.
  await page.locator('[data-notice="offline"]').getByText('The server can’t be reached since').waitFor()
  await other.locator('[data-notice="offline"]').waitFor()
  expect(await other.getByRole('button', { name: 'Pause' }).isDisabled()).toBe(true)
  await tokens.locator('[data-notice="offline"]').waitFor()
  expect(await tokens.getByRole('button', { name: 'Make a token' }).isDisabled()).toBe(true)
  expect(
    await tokens
      .getByRole('button', { name: /^Revoke/ })
      .first()
      .isDisabled(),
  ).toBe(true)
  await tokens.close()
  await expectTexts(page, titles('running'), ['Outlives the server'])
  await expect
    .poll(() => page.locator('.connection').innerText(), { timeout: 10_000 })
    .toMatch(/Reconnecting\s+\d+s/)
  await start()
  await connection('CONNECTED')
  unwrap(await pawl.runs.pause(id))
  await expectStatus(page, id, 'PAUSED')
  await expectStatus(other, id, 'PAUSED')
  await expect
    .poll(async () => (await other.locator('.event-seq').allInnerTexts()).toReversed().map(Number), {
      timeout: 30_000,
    })
    .toEqual(Array.from({ length: (await pawl.runs.get(id))?.revision ?? 0 }, (_, index) => index + 1))
  await other.close()
})

it('reads everything again where its cursor is of an earlier life of the database', async () => {
  const { pawl } = dashboard
  const gone = await startQueued(pawl, { title: 'Deleted meanwhile' })
  const changed = await startQueued(pawl, { title: 'Cancelled meanwhile' })
  await expectTexts(page, titles('queued'), ['Deleted meanwhile', 'Cancelled meanwhile'])
  const start = await restart('SIGTERM')
  await connection('RECONNECTING')
  // A page that sleeps: nothing reaches it until it wakes.
  await page.context().setOffline(true)
  await start()
  unwrap(await pawl.runs.cancel(gone))
  unwrap(await pawl.runs.delete(gone))
  unwrap(await pawl.runs.cancel(changed))
  await startQueued(pawl, { title: 'New meanwhile' })
  await page.context().setOffline(false)
  await connection('CONNECTED')
  await expectTexts(page, titles('queued'), ['New meanwhile'])
  await page.locator('[data-column="cancelled"]').getByRole('button').click()
  await expectTexts(page, titles('cancelled'), ['Cancelled meanwhile'])
  await expect.poll(() => page.locator('[data-column="queued"] .column-count').innerText()).toBe('1')
})

it('comes back right from a sleep of its tab, through which the server had another life', async () => {
  const { pawl } = dashboard
  const { id, fence } = await startHeld(pawl, { title: 'Slept through' })
  const gone = await startQueued(pawl, { title: 'Gone by the morning' })
  const tab = await dashboard.browser.context.newPage()
  await tab.goto(`${server.url}/runs/${id}`)
  await expectStatus(tab, id, 'RUNNING')
  const board = await dashboard.browser.context.newPage()
  await board.goto(server.url)
  await expectStatus(board, gone, 'QUEUED')
  const wakers = await Promise.all([tab, board].map(putToSleep))
  const start = await restart('SIGKILL')
  await start()
  unwrap(await pawl.phases.start(id, 'context', { fence }))
  unwrap(await pawl.runs.fail(id, { fence, error: 'It was a long night' }))
  unwrap(await pawl.runs.cancel(gone))
  unwrap(await pawl.runs.delete(gone))
  // A page that is awake knows by now.
  await expectStatus(page, id, 'FAILED')
  for (const wake of wakers) await wake()
  await expectStatus(tab, id, 'FAILED')
  await tab.getByText('It was a long night').first().waitFor()
  await expectStatus(board, id, 'FAILED')
  await expect.poll(() => board.locator(`[data-run-id="${gone}"]`).count()).toBe(0)
  await tab.close()
  await board.close()
})

it('polls where no stream comes about, and says so', { tags: 'thorough' }, async () => {
  const { pawl } = dashboard
  const id = await startQueued(pawl, { title: 'Polled for' })
  const other = await dashboard.browser.context.newPage()
  await other.addInitScript(() => {
    // A network that lets requests through, and no streams.
    class Shut extends EventTarget {
      readonly OPEN = 1
      readonly readyState = 3
      onclose: ((event: unknown) => void) | null = null
      constructor() {
        super()
        setTimeout(() => this.onclose?.({ code: 1006, reason: '' }))
      }
      send() {}
      close() {}
    }
    const ask = window.fetch.bind(window)
    const fetch = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const isStream = new Headers(init?.headers).get('accept') === 'text/event-stream'
      return isStream ? Promise.reject(new TypeError('no streams')) : ask(input, init)
    }
    Object.assign(window, { WebSocket: Shut, fetch })
  })
  await other.goto(`${server.url}/?open=cancelled`)
  await other.locator('.connection[data-phase="POLLING"]').waitFor({ timeout: 40_000 })
  await other.getByText('Changes come late').click()
  await other.getByText('proxy_set_header Upgrade $http_upgrade;').waitFor()
  await other.locator(`[data-run-id="${id}"][data-status="QUEUED"]`).waitFor()
  unwrap(await pawl.runs.cancel(id))
  await other.locator(`[data-run-id="${id}"][data-status="CANCELLED"]`).waitFor({ timeout: 40_000 })
  await other.close()
})
