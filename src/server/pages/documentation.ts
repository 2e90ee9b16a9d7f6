import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { PACKAGE_ROOT } from '../kit/packageRoot.ts'
import { respond } from '../http/respond.ts'
import { type BuiltFile, IMMUTABLE, readBuiltFiles, sendBuilt } from './builtFiles.ts'
import { hashOf, NO_FRAMES } from './page.ts'

/** Serves the documentation below `/docs`, to everybody: it holds nothing of this installation, and needs no network. */
export interface Documentation {
  /** Sends the page or file of a path; false if there is none. */
  send(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

/** Where `npm run build:docs` puts the documentation. */
const BUILT_DIR = join(PACKAGE_ROOT, 'dist', 'docs')
const ROOT = '/docs'
const ASSETS = '/assets/'
const INLINE_SCRIPT = /<script(?: id="[\w-]+")?>([\s\S]*?)<\/script>/g

/** Creates the documentation from its build. */
export function createDocumentation(dir = BUILT_DIR): Documentation {
  const find = readBuiltFiles(dir)
  return {
    async send(path, request, response) {
      // a relative address: a proxy may serve all of this below a path of its own
      if (path === ROOT) return (respond(response, 308, '', { location: 'docs/' }), true)
      if (!path.startsWith(`${ROOT}/`)) return false
      const name = path.slice(ROOT.length)
      const page = name.endsWith('/') ? `${name}index.html` : `${name}.html`
      const file = (await find(name)) ?? (await find(page))
      if (!file) return false
      const headers = name.startsWith(ASSETS) ? IMMUTABLE : headersOf(file)
      sendBuilt(file, request, response, headers)
      return true
    },
  }
}

/** Pages may run the scripts that were built into them, and nothing else; their drawings and code carry their own styles. */
function headersOf(file: BuiltFile): Record<string, string> {
  const scripts = [...file.plain.toString().matchAll(INLINE_SCRIPT)].map(([, script = '']) => hashOf(script))
  const policy = [
    `default-src 'none'`,
    `script-src 'self' ${scripts.join(' ')}`,
    `style-src 'self' 'unsafe-inline'`,
    `img-src 'self' data:`,
    `connect-src 'self'`,
    NO_FRAMES,
  ].join('; ')
  return { 'content-security-policy': policy, 'cache-control': 'no-cache', vary: 'accept-encoding' }
}
