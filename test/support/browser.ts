import { type Browser, type BrowserContext, chromium } from 'playwright-core'

/** A headless browser that can reach only the server under test. */
export interface TestBrowser {
  readonly context: BrowserContext
  /** Blocked requests to other hosts. */
  readonly blocked: readonly string[]
  close(): Promise<void>
}

/**
 * Opens Debian's Chromium, or the one that `CHROMIUM_PATH` names. It resolves no names and reaches only loopback
 * addresses.
 */
export async function openBrowser({ url }: { readonly url: string }): Promise<TestBrowser> {
  const { origin, hostname } = new URL(url)
  const browser: Browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-gpu',
      `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${hostname}`,
    ],
  })
  const context = await browser.newContext()
  const blocked: string[] = []
  context.on('request', (request) => {
    const asked = request.url()
    if (new URL(asked).origin !== origin && !/^(?:blob|data):/.test(asked)) blocked.push(asked)
  })
  return { context, blocked, close: () => browser.close() }
}
