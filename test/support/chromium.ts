import { existsSync } from 'node:fs'
import { type Browser, chromium, type LaunchOptions } from 'playwright-core'

/** Where Debian puts Chromium. The headless shell comes first: it draws pages for less processor time. */
const INSTALLED = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium']

/** The Chromium to drive: the one that `CHROMIUM_PATH` names, else an installed one; null where there is none. */
export function findChromium(): string | null {
  const named = process.env['CHROMIUM_PATH']
  return (named === undefined ? INSTALLED : [named]).find((path) => existsSync(path)) ?? null
}

/** Opens a headless Chromium that reaches only the hosts named, by default loopback's. Throws where none is installed. */
export async function launchChromium(
  hosts: readonly string[] = ['127.0.0.1', 'localhost'],
  options: LaunchOptions = {},
): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === null) throw new Error('no Chromium is installed; CHROMIUM_PATH names one')
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-gpu',
      `--host-resolver-rules=${['MAP * ~NOTFOUND', ...hosts.map((host) => `EXCLUDE ${host}`)].join(', ')}`,
    ],
    ...options,
  })
}
