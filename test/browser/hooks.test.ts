import { createServer, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createPawl, type Pawl, unwrap } from '@pawl/sdk'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { startHeld, startQueued } from './driving.ts'
import { toOutput } from '../support/entries.ts'

let server: TestServer
let front: Server
let browser: TestBrowser
let page: Page
let pawl: Pawl
/** A page with every hook, whose requests go on to the server: what a program of somebody else's would be. */
beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken })
  const scripts = await bundle()
  front = createServer((request, response) => {
    if (request.method === 'POST') {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => void forward(request.headers, Buffer.concat(chunks), response))
    } else if (request.url?.endsWith('.js')) {
      response.setHeader('content-type', 'text/javascript')
      response.end(scripts.get(request.url.slice(1)))
    } else {
      response.setHeader('content-type', 'text/html')
      response.end('<!doctype html><div id="root"></div><script type="module" src="/hooks.js"></script>')
    }
  }).listen(0, '127.0.0.1')
  await once(front, 'listening')
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`
  browser = await openBrowser({ url })
  page = await browser.context.newPage()
  await page.addInitScript((token) => Object.assign(window, { token }), server.adminToken)
  await page.goto(url)
})
afterAll(async () => {
  await browser.close()
  front.closeAllConnections()
  front.close()
  await server.stop()
})

async function forward(
  { authorization = '', accept = '' }: NodeJS.Dict<string | string[]>,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const headers = {
    authorization: String(authorization),
    accept: String(accept),
    'content-type': 'application/json',
  }
  const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: new Uint8Array(body) })
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
  // Streams are passed on as they come, and end with their reader.
  const reader = answer.body?.getReader()
  response.on('close', () => void reader?.cancel().catch(() => {}))
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read())
    response.write(read.value)
  response.end()
}

/** Bundles the page. Returns the code of its scripts by file name: what it does not need at once is in scripts of its own. */
async function bundle(): Promise<Map<string, string>> {
  const entry = fileURLToPath(new URL('./hooksPage.ts', import.meta.url))
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['pawl-source', 'module', 'browser', 'development|production'] },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { write: false, minify: false, lib: { entry, formats: ['es'], fileName: 'hooks' } },
  })
  const [output] = Array.isArray(built) ? built : [built]
  if (!output || !('output' in output)) throw new Error('The page of the hooks was bundled to nothing')
  return new Map(output.output.flatMap((chunk) => ('code' in chunk ? [[chunk.fileName, chunk.code]] : [])))
}

const text = (name: string) => page.locator(`#${name}`).innerText()
const drawn = (name: string) =>
  page.evaluate((name) => (window as unknown as { drawn: Record<string, number> }).drawn[name] ?? 0, name)

it('shows what comes, and draws again only what is different', async () => {
  const first = await startHeld(pawl, { title: 'first' })
  const second = await startHeld(pawl, { title: 'second' })
  await expect.poll(() => text('runs')).toBe('first RUNNING, second RUNNING')
  await expect.poll(() => text('connection')).toBe('CONNECTED')
  unwrap(await pawl.runs.pause(first.id))
  // Changes come in their order: what was to be told of the second run has been told by then.
  await expect.poll(() => text('runs')).toBe('first PAUSED, second RUNNING')
  const before = await drawn(`row ${second.id}`)
  unwrap(await pawl.runs.resume(first.id))
  await expect.poll(() => text('runs')).toBe('first RUNNING, second RUNNING')
  expect(await drawn(`row ${second.id}`)).toBe(before)
  expect(await drawn(`row ${first.id}`)).toBeGreaterThan(1)
})

it('reads one run whole, with its log and its agent’s words', async () => {
  const { id, fence } = await startHeld(pawl, { title: 'looked at' })
  const { session } = unwrap(await pawl.sessions.open(id, { fence, role: 'reviewer', adapter: 'process' }))
  await page.evaluate(
    ([runId, sessionId]) =>
      (window as unknown as { look: (...ids: unknown[]) => void }).look(runId, sessionId),
    [id, session.id],
  )
  await expect.poll(() => text('run')).toBe('RUNNING PENDING')
  unwrap(await pawl.phases.start(id, 'context', { fence }))
  await expect.poll(() => text('run')).toBe('RUNNING RUNNING')
  await expect.poll(() => text('events')).toContain('PHASE_STARTED')
  unwrap(await pawl.sessions.append(session.id, { fence, fromSeq: 1, entries: toOutput('a', 'b') }))
  await expect.poll(() => text('transcript')).toBe('ab')
  unwrap(await pawl.runs.cancel(id))
  unwrap(await pawl.runs.confirmCancel(id, { fence }))
  await expect.poll(() => text('run')).toBe('CANCELLED CANCELLED')
  unwrap(await pawl.runs.delete(id))
  await expect.poll(() => text('run')).toBe('missing')
})

it('acts once, and tells what became of it', async () => {
  const id = await startQueued(pawl, { title: 'acted on' })
  await page.evaluate((runId) => (window as unknown as { look: (...ids: unknown[]) => void }).look(runId), id)
  await expect.poll(() => text('run')).toBe('QUEUED PENDING')
  await page.locator('#pause').dblclick()
  await expect.poll(() => text('action')).toBe('PauseRunSuccess')
  await page.locator('#pause').click()
  await expect.poll(() => text('action')).toContain('already PAUSED')
  expect((await pawl.runs.get(id))?.status).toBe('PAUSED')
})
