import type { Browser, CDPSession, Page } from 'playwright-core'
import { findChromium, launchChromium } from '../../test/support/chromium.ts'
import type { Bench } from '../bench.ts'
import type { BenchServer } from '../startServer.ts'

/** The dashboard of one server in a browser, signed in, as wide as a usual screen. */
export interface Board {
  /** Reloads the board; returns the milliseconds from the start of the navigation until the first card was drawn. */
  load(): Promise<number>
  /** How many frames the page has drawn so far, and its own clock in milliseconds. */
  readFrames(): Promise<{ readonly frames: number; readonly at: number }>
  /** Heap of the page's scripts after a garbage collection, in MiB. */
  readHeap(): Promise<number>
  /** Resolves when the page draws the run in this status. */
  untilDrawn(runId: string, status: string): Promise<void>
}

/** How long to wait for the page to draw something, in milliseconds. */
const DRAW_TIMEOUT_MS = 60_000

/** Measurements that the page takes of itself. */
interface Notes {
  firstCard: Promise<number>
  frames: number
}
type Noting = typeof globalThis & { benchNotes: Notes }

/** Launches an installed Chromium; null where there is none. */
export async function launchBrowser({ resources, tell }: Bench): Promise<Browser | null> {
  if (findChromium() === null) {
    tell('no Chromium (CHROMIUM_PATH names one): the dashboard is not measured')
    return null
  }
  const browser = await launchChromium(undefined, { handleSIGINT: false, handleSIGTERM: false })
  resources.defer(() => browser.close())
  return browser
}

/** Opens the dashboard of a server, with cookies and a cache of its own. */
export async function openBoard(browser: Browser, { url, token }: BenchServer): Promise<Board> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  page.setDefaultTimeout(DRAW_TIMEOUT_MS)
  await page.addInitScript({ content: NOTE_DRAWING })
  await page.goto(url)
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await untilLive(page)
  const session = await context.newCDPSession(page)
  return {
    load: async () => {
      // a hidden page draws no frames
      await page.bringToFront()
      await page.goto(url)
      await page.locator('.card').first().waitFor()
      const took = await page.evaluate(() => (globalThis as Noting).benchNotes.firstCard)
      await untilLive(page)
      return took
    },
    readFrames: () =>
      page.evaluate(() => ({ frames: (globalThis as Noting).benchNotes.frames, at: performance.now() })),
    readHeap: () => readHeap(session),
    untilDrawn: (runId, status) =>
      page.locator(`[data-run-id="${runId}"][data-status="${status}"]`).first().waitFor(),
  }
}

/** Counts the frames of the page, and records when the one with the first card ended. Source text, since a function would be transpiled. */
const NOTE_DRAWING = `
  let resolve
  let isThere = false
  const notes = { frames: 0, firstCard: new Promise((first) => (resolve = first)) }
  globalThis.benchNotes = notes
  const onFrame = () => {
    notes.frames += 1
    if (isThere) resolve(performance.now())
    else isThere = document.querySelector('.card') !== null
    requestAnimationFrame(onFrame)
  }
  requestAnimationFrame(onFrame)
`

async function untilLive(page: Page): Promise<void> {
  await page.locator('.connection[data-phase="CONNECTED"]').waitFor()
}

async function readHeap(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.enable')
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.send('HeapProfiler.disable')
  return usedSize / 2 ** 20
}
