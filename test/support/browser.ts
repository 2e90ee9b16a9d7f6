import { type Browser, type BrowserContext, chromium } from 'playwright-core'

/** A browser without a head, that reaches the server under test and nothing else. */
export interface TestBrowser {
  readonly context: BrowserContext
  /** Requests to anywhere else: each was blocked. */
  readonly blocked: readonly string[]
  close(): Promise<void>
}

/** Opens Debian's Chromium, or the one that `CHROMIUM_PATH` names. */
export async function openBrowser({ url }: { readonly url: string }): Promise<TestBrowser> {
  const browser: Browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-gpu'],
  })
  const context = await browser.newContext()
  const blocked: string[] = []
  await context.route('**/*', (route) => {
    const asked = route.request().url()
    if (new URL(asked).origin === new URL(url).origin || asked.startsWith('blob:')) return route.continue()
    blocked.push(asked)
    return route.abort()
  })
  return { context, blocked, close: () => browser.close() }
}
