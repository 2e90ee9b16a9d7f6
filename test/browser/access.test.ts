import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Dashboard, openDashboard } from './dashboard.ts'
import { type FurnishedPage, furnish } from './furnish.ts'

/** Where pictures of all pages are kept, if `PAWL_TEST_SHOTS` is set: for people to look at; not part of the repository. */
const SHOTS = process.env['PAWL_TEST_SHOTS'] === undefined ? undefined : join(import.meta.dirname, 'shots')

let server: TestServer
let dashboard: Dashboard
let page: Page
/** Ends what the test does beside the page. */
const over = new AbortController()
let pages: readonly FurnishedPage[]
beforeAll(async () => {
  server = await startTestServer()
  dashboard = await openDashboard({ url: server.url, token: server.adminToken })
  page = dashboard.page
  if (SHOTS !== undefined) await mkdir(SHOTS, { recursive: true })
  pages = await furnish(dashboard.pawl, over.signal)
})
afterAll(async () => {
  over.abort()
  await dashboard.close()
  await server.stop()
})

/** The rules of WCAG 2.2 AA, and what axe holds for best practice. */
const EVERY_RULE = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe, which the page has loaded from outside since its policy lets no foreign script in, finds against tags or rules. */
async function findBarriers(runOnly: readonly string[]): Promise<string[]> {
  return page.evaluate(
    async (rules) => {
      const { axe } = window as unknown as {
        axe: { run: (...args: unknown[]) => Promise<{ violations: Violation[] }> }
      }
      interface Violation {
        id: string
        help: string
        nodes: { html: string; failureSummary: string }[]
      }
      const { violations } = await axe.run(document, { runOnly: rules })
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${help} ${html.slice(0, 200)} ${failureSummary}`),
      )
    },
    [...runOnly],
  )
}

it.each([
  ['1920', 1920, 1080],
  ['1280', 1280, 800],
  ['768', 768, 1024],
  ['390', 390, 844],
])('every page is for everybody, in light and dark, at %s pixels', async (size, width, height) => {
  await page.setViewportSize({ width, height })
  const found: string[] = []
  for (const { name, path, ready } of pages) {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.goto(server.url + path)
    await page.locator(ready).first().waitFor()
    await page.evaluate(axe.source)
    const shoot = async (scheme: string) => {
      if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}-${size}-${scheme}.png`) })
    }
    found.push(...(await findBarriers(EVERY_RULE)).map((barrier) => `${name}: ${barrier}`))
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (overflow > 0) found.push(`${name}: is ${overflow} pixels wider than the screen`)
    await shoot('light')
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    // of all that is looked at, colours alone are others in the dark, and they are the same on every screen
    if (size === '1280')
      found.push(...(await findBarriers(['color-contrast'])).map((barrier) => `${name}, dark: ${barrier}`))
    await shoot('dark')
  }
  expect(found).toEqual([])
})

it('looks as was chosen, whatever the system says, and after reloading it', async () => {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1440, height: 900 })
  await dashboard.open('/')
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await paper()
  const account = page.locator('.viewer')
  const choose = (theme: string) => page.getByRole('button', { name: theme, exact: true }).click()
  await account.click()
  await choose('Dark')
  const dark = await paper()
  expect(dark).not.toBe(light)
  await page.keyboard.press('Escape')
  await expect.poll(() => page.getByRole('button', { name: 'Sign out' }).isVisible()).toBe(false)
  await dashboard.open('/')
  expect(await paper()).toBe(dark)
  await account.click()
  await choose('As the system')
  await expect.poll(paper).toBe(light)
  await page.getByRole('heading', { name: 'Runs' }).dispatchEvent('pointerdown')
  await expect.poll(() => page.getByRole('button', { name: 'Sign out' }).isVisible()).toBe(false)
})

it('is worked with by the keyboard alone', async () => {
  await dashboard.open('/')
  const focus = () =>
    page.evaluate(() => {
      const { activeElement } = document
      return activeElement?.matches('a, button') ? (activeElement.textContent ?? '') : ''
    })
  await page.keyboard.press('Tab')
  await expect.poll(focus).toBe('Skip to the content')
  await page.keyboard.press('Enter')
  for (let presses = 0; !(await focus()).includes('Map the billing'); presses += 1) {
    expect(presses).toBeLessThan(40)
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('ArrowLeft')
  await expect.poll(focus).toContain('PR 31')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'PR 31: retries that end' }).waitFor()
  for (let presses = 0; (await focus()) !== 'Conversation'; presses += 1) {
    expect(presses).toBeLessThan(40)
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('ArrowRight')
  await page.locator('.lane').first().waitFor()
  await expect.poll(focus).toBe('Timeline')
  await page.keyboard.press('End')
  await page.getByRole('button', { name: 'Compare it with its log' }).waitFor()
})

it('asked nobody else for anything, and kept to the policy of the pages', () => {
  expect(dashboard.browser.blocked).toEqual([])
  expect(dashboard.problems).toEqual([])
})
