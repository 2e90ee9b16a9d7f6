import { type Browser, type BrowserContext, chromium } from 'playwright-core'

/** A browser without a head, that reaches the server under test and nothing else. */
export interface TestBrowser {
  readonly context: BrowserContext
  /** Requests to anywhere else: none of them can reach what it asks for. */
  readonly blocked: readonly string[]
  close(): Promise<void>
}

/** Opens Debian's Chromium, or the one that `CHROMIUM_PATH` names. It resolves no name and reaches no address but the loopback's. */
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
