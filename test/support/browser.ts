import type { BrowserContext } from 'playwright-core'
import { launchChromium } from './chromium.ts'

/** A headless browser that can reach only the server under test. */
export interface TestBrowser {
  readonly context: BrowserContext
  /** Blocked requests to other hosts. */
  readonly blocked: readonly string[]
  close(): Promise<void>
}

/** Opens an installed Chromium. It resolves no names but the server's, and its pages do without animations. */
export async function openBrowser({ url }: { readonly url: string }): Promise<TestBrowser> {
  const { origin, hostname } = new URL(url)
  const browser = await launchChromium([hostname])
  // what turns is drawn in software, sixty times a second
  const context = await browser.newContext({ reducedMotion: 'reduce' })
  const blocked: string[] = []
  context.on('request', (request) => {
    const asked = request.url()
    if (new URL(asked).origin !== origin && !/^(?:blob|data):/.test(asked)) blocked.push(asked)
  })
  return { context, blocked, close: () => browser.close() }
}
