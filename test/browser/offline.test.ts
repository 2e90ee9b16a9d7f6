import { createPawl } from '@pawl/sdk'
import type { ElementHandle, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts'
import { type Dashboard, openDashboard } from './dashboard.ts'
import { startQueued } from './driving.ts'
import { type FurnishedPage, furnish } from './furnish.ts'

let server: TestServer
let proxy: TcpProxy
let dashboard: Dashboard
let page: Page
let pages: readonly FurnishedPage[]
const over = new AbortController()
/** The mutations that the page has sent. */
const sent: string[] = []
beforeAll(async () => {
  server = await startTestServer()
  proxy = await openTcpProxy(server.url)
  pages = await furnish(createPawl({ url: server.url, token: server.adminToken }), over.signal)
  dashboard = await openDashboard({ url: proxy.url, token: server.adminToken })
  page = dashboard.page
  page.on('request', (request) => {
    const mutation = /\bmutation (\w+)/.exec(request.postData() ?? '')?.[1]
    if (mutation !== undefined) sent.push(mutation)
  })
})
afterAll(async () => {
  over.abort()
  await dashboard.close()
  proxy.close()
  await server.stop()
})

const connection = (phase: string) =>
  page.locator(`.connection[data-phase="${phase}"]`).waitFor({ timeout: 40_000 })

/** Opens a page while the server can be reached. */
async function openPage({ path, ready }: Omit<FurnishedPage, 'name'>): Promise<void> {
  proxy.restore()
  await dashboard.open(path)
  await page.locator(ready).first().waitFor()
}

/** Presses a button that is on, and whatever the dialog asks that it opens. */
async function press(button: ElementHandle): Promise<void> {
  if (!(await button.isVisible()) || !(await button.isEnabled())) return
  await button.click({ timeout: 5_000 })
  const confirming = page.locator('dialog[open] [type="submit"]')
  if (await confirming.isVisible()) await confirming.evaluate((element: HTMLElement) => element.click())
  for (const dialog of await page.locator('dialog[open]').all()) {
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
  }
}

it('everything that sends a command is off while the server is out of reach, on every page', async () => {
  const off = new Set<string>()
  const found: string[] = []
  for (const { name, ...place } of pages) {
    await openPage(place)
    // what has to be chosen or typed first
    for (const box of await page.locator('thead input[type="checkbox"]').all()) await box.check()
    for (const text of await page.locator('textarea').all())
      if ((await text.inputValue()) === '') await text.fill('{}')
    const on = await page.locator('button:enabled').allInnerTexts()
    proxy.cut()
    await connection('RECONNECTING')
    const stillOn = await page.locator('button:enabled').allInnerTexts()
    for (const text of on) if (!stillOn.includes(text)) off.add(text)
    sent.length = 0
    for (const button of await page.locator('button').elementHandles()) await press(button)
    for (const text of await page.locator('textarea, form input').elementHandles()) {
      if (!(await text.isVisible()) || !(await text.isEnabled())) continue
      await text.press('Control+Enter')
      if (await text.evaluate((element) => element instanceof HTMLInputElement)) await text.press('Enter')
    }
    found.push(...sent.map((mutation) => `${name} sent ${mutation}`))
  }
  expect(found).toEqual([])
  // these were on before, so that the test has pressed what matters
  expect([...off]).toEqual(
    expect.arrayContaining([
      'Start the run',
      'Make a token',
      'Pause',
      'Cancel …',
      'Resume with these words',
      'Approve',
      'Send',
      'Compare it with its log',
      'Show what changed',
      'Start a preview',
      expect.stringMatching(/^Pause \d/),
      expect.stringMatching(/^Revoke/),
    ]),
  )
})

it('a question that was open when the server went can not be confirmed', async () => {
  const id = await startQueued(createPawl({ url: server.url, token: server.adminToken }), { title: 'Stays' })
  await openPage({ path: `/runs/${id}`, ready: '.actions-row' })
  await page.getByRole('button', { name: 'Cancel …' }).click()
  const confirm = page.getByRole('button', { name: 'Cancel the run' })
  expect(await confirm.isEnabled()).toBe(true)
  proxy.cut()
  await connection('RECONNECTING')
  expect(await confirm.isEnabled()).toBe(false)
  proxy.restore()
  await connection('CONNECTED')
  await expect.poll(() => confirm.isEnabled()).toBe(true)
})

it('a page whose code was not loaded says so, and is shown when the server is back', async () => {
  proxy.restore()
  // a browser that has kept nothing
  const fresh = await openDashboard({ url: proxy.url, token: server.adminToken })
  try {
    const notLoaded = fresh.page.locator('[data-not-loaded]')
    const link = (name: string) => fresh.page.getByRole('link', { name, exact: true })
    await fresh.page.locator('.card').first().waitFor()
    proxy.cut()
    await fresh.page.locator('.connection[data-phase="RECONNECTING"]').waitFor({ timeout: 40_000 })
    await link('Workers').click()
    await notLoaded.waitFor()
    await link('Board').click()
    await fresh.page.locator('.card').first().waitFor()
    await fresh.page.keyboard.press('Control+k')
    await notLoaded.waitFor()
    await link('Workers').click()
    proxy.restore()
    await fresh.page.locator('[data-owner]').first().waitFor({ timeout: 40_000 })
    await fresh.page.getByRole('dialog').getByRole('combobox').waitFor()
  } finally {
    await fresh.close()
  }
})

it('numbers stay what the server has counted', async () => {
  await openPage({ path: '/', ready: '[data-column="completed"] .column-count' })
  const count = page.locator('[data-column="completed"] .column-count')
  await expect.poll(() => count.innerText()).toMatch(/^[1-9]/)
  const before = await count.innerText()
  proxy.cut()
  await connection('RECONNECTING')
  await page.locator('[data-column="completed"]').getByRole('button').click()
  await page.locator('[data-column="completed"] .column-body').waitFor()
  expect(await count.innerText()).toBe(before)
})
