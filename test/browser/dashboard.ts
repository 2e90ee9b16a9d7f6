import { createPawl, type Pawl } from '@pawl/sdk'
import type { Page, Route } from 'playwright-core'
import { expect } from 'vitest'
import { openBrowser, type TestBrowser } from '../support/browser.ts'

/** A browser that is signed in to a dashboard, and what went wrong in it. */
export interface Dashboard {
  readonly browser: TestBrowser
  readonly page: Page
  /** The same server, for what the test does beside the page. */
  readonly pawl: Pawl
  /** Errors on the page's console, and exceptions nobody caught. */
  readonly problems: string[]
  /** Goes to an address of the dashboard, loading everything anew. */
  open(path: string): Promise<void>
  close(): Promise<void>
}

/** Where the page finds the server, and whose token it signs in with. */
export interface DashboardOptions {
  readonly url: string
  readonly token: string
}

/** Opens a browser and signs it in with a token. */
export async function openDashboard({ url, token }: DashboardOptions): Promise<Dashboard> {
  const browser = await openBrowser({ url })
  const page = await browser.context.newPage()
  await page.setViewportSize({ width: 1440, height: 900 })
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  await page.goto(url)
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('.connection[data-phase="CONNECTED"]').waitFor()
  return {
    browser,
    page,
    pawl: createPawl({ url, token }),
    problems,
    open: async (path) => {
      await page.goto(url + path)
      await page.locator('.connection[data-phase="CONNECTED"]').waitFor()
    },
    close: () => browser.close(),
  }
}

/** How long a page on shared cores may take to draw what a worker does, in milliseconds. */
export const BUSY_MS = 60_000

/** Waits until the texts of all elements that the selector finds are these, in this order. */
export async function expectTexts(page: Page, selector: string, texts: readonly string[]): Promise<void> {
  await expect.poll(() => page.locator(selector).allInnerTexts(), { timeout: BUSY_MS }).toEqual(texts)
}

/** Waits until the page draws the run in this status, wherever it draws it. */
export async function expectStatus(page: Page, runId: string, status: string): Promise<void> {
  await page
    .locator(`[data-run-id="${runId}"][data-status="${status}"]`)
    .first()
    .waitFor({ timeout: BUSY_MS })
}

/**
 * Meets the page's requests for a mutation, until the returned function is called; then they pass. Nothing is unrouted: a
 * request that is under way then would be handled twice.
 */
export async function meetRequests(
  page: Page,
  mutation: string,
  meet: (route: Route) => Promise<void>,
): Promise<() => void> {
  let isOver = false
  await page.route('**/graphql', (route) =>
    isOver || !route.request().postData()?.includes(`mutation ${mutation}`) ? route.fallback() : meet(route),
  )
  return () => (isOver = true)
}
