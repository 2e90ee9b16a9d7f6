import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { PACKAGE_ROOT } from '../kit/packageRoot.ts'
import { NO_FRAMES } from './page.ts'
import { respond } from '../http/respond.ts'

/** Serves the dashboard: one document for all of its pages, and its assets. */
export interface Dashboard {
  /** Whether the path is a page of the dashboard. */
  isPage(path: string): boolean
  /** Sends the document; false if the dashboard was not built. */
  sendPage(request: IncomingMessage, response: ServerResponse): Promise<boolean>
  /** Sends an asset; false if there is none of this path. */
  sendFile(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

/** A file ready to be sent. */
interface ServedFile {
  readonly type: string
  readonly etag: string
  readonly plain: Buffer
  readonly gzipped: Buffer
  readonly brotli: Buffer
}

/** Where `npm run build` puts the dashboard. */
const BUILT_DIR = join(PACKAGE_ROOT, 'dist', 'web')
const PAGES = /^\/(?:approvals|start|runs\/[A-Za-z0-9_]{1,64})?$/
const ASSETS = '/assets/'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

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
  let files: Promise<ReadonlyMap<string, ServedFile>> | undefined
  const read = () => (files ??= readFiles(dir))

  function send(
    file: ServedFile,
    request: IncomingMessage,
    response: ServerResponse,
    headers: Record<string, string>,
  ): void {
    const all = { ...headers, 'content-type': file.type, etag: file.etag }
    if (request.headers['if-none-match'] === file.etag) return void response.writeHead(304, all).end()
    const accepted = String(request.headers['accept-encoding'])
    if (/\bbr\b/.test(accepted)) respond(response, 200, file.brotli, { ...all, 'content-encoding': 'br' })
    else if (/\bgzip\b/.test(accepted))
      respond(response, 200, file.gzipped, { ...all, 'content-encoding': 'gzip' })
    else respond(response, 200, file.plain, all)
  }

  return {
    isPage: (path) => PAGES.test(path),

    async sendPage(request, response) {
      const document = (await read()).get('/index.html')
      if (!document) return false
      send(document, request, response, {
        'content-security-policy': POLICY,
        'cache-control': 'private, no-cache',
        vary: 'accept-encoding, cookie',
      })
      return true
    },

    async sendFile(path, request, response) {
      if (!path.startsWith(ASSETS)) return false
      const file = (await read()).get(path)
      if (!file) return false
      // the name of an asset contains a hash of its content
      const headers = { 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' }
      send(file, request, response, headers)
      return true
    },
  }
}

async function readFiles(dir: string): Promise<ReadonlyMap<string, ServedFile>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
  return new Map(
    await Promise.all(
      files.map(async ({ parentPath, name }): Promise<[string, ServedFile]> => {
        const path = join(parentPath, name)
        return [path.slice(dir.length).replaceAll('\\', '/'), await readServed(path)]
      }),
    ),
  )
}

async function readServed(path: string): Promise<ServedFile> {
  const plain = await readFile(path)
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 }
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(plain).digest('base64url')}"`,
    plain,
    gzipped: await promisify(gzip)(plain),
    brotli: await promisify(brotliCompress)(plain, { params }),
  }
}
