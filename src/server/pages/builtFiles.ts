import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { respond } from '../http/respond.ts'

/** A file ready to be sent. */
export interface BuiltFile {
  readonly type: string
  readonly etag: string
  readonly plain: Buffer
  readonly gzipped: Buffer
  readonly brotli: Buffer
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

/** Headers for a file whose name contains a hash of its content. */
export const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' }

/**
 * Returns a lookup of the files of a folder that was built, by their paths below it (`/index.html`). The folder is listed at the first
 * lookup; a file is read and compressed at its own first one, and kept.
 */
export function readBuiltFiles(dir: string): (path: string) => Promise<BuiltFile | undefined> {
  const files = new Map<string, Promise<BuiltFile>>()
  let listed: Promise<ReadonlySet<string>> | undefined
  return async (path) => {
    if (!(await (listed ??= listFiles(dir))).has(path)) return undefined
    const file = files.get(path) ?? readBuilt(join(dir, path))
    files.set(path, file)
    return file
  }
}

/** Sends a file in the smallest encoding that the client takes, or 304 if it has the file. */
export function sendBuilt(
  file: BuiltFile,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): void {
  const all = { ...headers, 'content-type': file.type, etag: file.etag }
  if (request.headers['if-none-match'] === file.etag) return void response.writeHead(304, all).end()
  const accepted = String(request.headers['accept-encoding'])
  if (/\bbr\b/.test(accepted)) respond(response, 200, file.brotli, { ...all, 'content-encoding': 'br' })
  else if (/\bgzip\b/.test(accepted))
    respond(response, 200, file.gzipped, { ...all, 'content-encoding': 'gzip' })
  else respond(response, 200, file.plain, all)
}

async function listFiles(dir: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
  return new Set(
    files.map(({ parentPath, name }) => join(parentPath, name).slice(dir.length).replaceAll('\\', '/')),
  )
}

async function readBuilt(path: string): Promise<BuiltFile> {
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
