import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Pages of every kind: drawn, of guides, long, with diagrams, generated from the code. */
const PAGES = [
  '',
  'quickstart',
  'concepts',
  'guides/own-workflow',
  'lifecycle',
  'reference/settings',
  'recipes/',
]

let server: TestServer
let browser: TestBrowser
beforeAll(async () => {
  const built = join(import.meta.dirname, '../../dist/docs')
  if (!existsSync(built)) throw new Error('the documentation is not built: npm run build:docs')
  server = await startTestServer()
  browser = await openBrowser({ url: server.url })
})
afterAll(async () => {
  await browser.close()
  await server.stop()
})

it('is read and searched without a network, by everybody, within its policy', async () => {
  const page = await browser.context.newPage()
  const problems: string[] = []
  page.on('pageerror', ({ message }) => problems.push(message))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  for (const path of PAGES) {
    await page.goto(`${server.url}/docs/${path}`)
    await page.locator('h1').first().waitFor()
  }
  await page.goto(`${server.url}/docs/concepts`)
  for (const status of ['QUEUED', 'AWAITING_APPROVAL', 'CANCELLED'])
    await page.locator('.diagram svg text', { hasText: status }).first().waitFor()
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByPlaceholder('Search').fill('LeaseLost')
  await page.getByRole('option', { name: /Refusals.*LeaseLost/ }).click()
  await page.waitForURL('**/docs/refusals*')
  expect(problems).toEqual([])
  expect(browser.blocked).toEqual([])
})
