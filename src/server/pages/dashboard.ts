import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { PACKAGE_ROOT } from '../kit/packageRoot.ts'
import { IMMUTABLE, readBuiltFiles, sendBuilt } from './builtFiles.ts'
import { NO_FRAMES } from './page.ts'

/** Serves the dashboard: one document for all of its pages, and its assets. */
export interface Dashboard {
  /** Whether the path is a page of the dashboard. */
  isPage(path: string): boolean
  /** Sends the document; false if the dashboard was not built. */
  sendPage(request: IncomingMessage, response: ServerResponse): Promise<boolean>
  /** Sends an asset; false if there is none of this path. */
  sendFile(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

/** Where `npm run build` puts the dashboard. */
const BUILT_DIR = join(PACKAGE_ROOT, 'dist', 'web')
const PAGES = /^\/(?:approvals|start|workflows|projects|workers|tokens|runs\/[A-Za-z0-9_]{1,64})?$/
const ASSETS = '/assets/'

/**
 * Allows scripts and styles from this server only, and nothing from other hosts; only the sanitiser may turn text into markup.
 */
const POLICY = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `img-src 'self' data:`,
  `connect-src 'self'`,
  `require-trusted-types-for 'script'`,
  `trusted-types dompurify`,
  NO_FRAMES,
].join('; ')

/** Creates the dashboard from its build; the files are read at the first request, and kept compressed. */
export function createDashboard(dir = BUILT_DIR): Dashboard {
  const find = readBuiltFiles(dir)
  return {
    isPage: (path) => PAGES.test(path),

    async sendPage(request, response) {
      const document = await find('/index.html')
      if (!document) return false
      sendBuilt(document, request, response, {
        'content-security-policy': POLICY,
        'cache-control': 'private, no-cache',
        vary: 'accept-encoding, cookie',
      })
      return true
    },

    async sendFile(path, request, response) {
      const file = path.startsWith(ASSETS) ? await find(path) : undefined
      if (file) sendBuilt(file, request, response, IMMUTABLE)
      return file !== undefined
    },
  }
}
