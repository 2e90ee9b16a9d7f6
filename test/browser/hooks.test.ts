import { createServer, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createPawl, type Pawl, unwrap } from '@pawl/sdk'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { awaitApproval, startHeld, startQueued } from './driving.ts'
import { type Handed, HandedPage } from './handedPage.ts'
import { toOutput } from '../support/entries.ts'

let server: TestServer
let front: Server
let browser: TestBrowser
let page: Page
let pawl: Pawl
/** The page at /handed. */
let handedPage = ''
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
    } else if (request.url === '/handed') {
      response.setHeader('content-type', 'text/html')
      response.end(handedPage)
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
  const place = (file: string) => fileURLToPath(new URL(`./${file}.ts`, import.meta.url))
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['pawl-source', 'module', 'browser', 'development|production'] },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      minify: false,
      lib: { entry: { hooks: place('hooksPage'), handed: place('handedClient') }, formats: ['es'] },
    },
  })
  const [output] = Array.isArray(built) ? built : [built]
  if (!output || !('output' in output)) throw new Error('The page of the hooks was bundled to nothing')
  return new Map(output.output.flatMap((chunk) => ('code' in chunk ? [[chunk.fileName, chunk.code]] : [])))
}

const text = (name: string) => page.locator(`#${name}`).innerText()
/** Shows a run and a session on the page. */
const look = (looked: Page, ...ids: string[]) =>
  looked.evaluate((given) => (window as unknown as { look: (...ids: string[]) => void }).look(...given), ids)
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
  await look(page, id, session.id)
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
  await look(page, id)
  await expect.poll(() => text('run')).toBe('QUEUED PENDING')
  await page.locator('#pause').dblclick()
  await expect.poll(() => text('action')).toBe('PauseRunSuccess')
  await page.locator('#pause').click()
  await expect.poll(() => text('action')).toContain('already PAUSED')
  expect((await pawl.runs.get(id))?.status).toBe('PAUSED')
})

/** A run with a message, a session and a workspace. */
async function startWork(title: string) {
  const { id, fence } = await startHeld(pawl, { workflow: 'delivery', title })
  const place = { host: 'machine', path: `/srv/${id}`, repository: '/srv/repo', branch: `pawl/${id}` }
  unwrap(await pawl.workspaces.record(id, { fence, kind: 'WORKTREE', baseCommit: 'a1', ...place }))
  unwrap(await pawl.messages.send(id, 'first', { mode: 'FOLLOW_UP' }))
  const opened = await pawl.sessions.open(id, { fence, role: 'planner', adapter: 'process' })
  return { id, fence, sessionId: unwrap(opened).session.id }
}

/** Opens the page in a browser of its own, which shares no connections with the others. */
async function openOwn(token: string, path = '/'): Promise<Page> {
  const context = await browser.context.browser()?.newContext()
  if (!context) throw new Error('The browser is closed')
  const own = await context.newPage()
  await own.addInitScript((given) => Object.assign(window, { token: given }), token)
  await own.goto(new URL(path, page.url()).href)
  return own
}

it('asks a person, and draws no other question again when one is answered', async () => {
  const [one, two] = [await startWork('one'), await startWork('two')]
  for (const asking of [one, two]) await awaitApproval(pawl, asking)
  const questions = page.locator('#questions button')
  await expect.poll(() => questions.allInnerTexts()).toEqual(['approve two', 'approve one'])
  const { nodes } = await pawl.approvals.list({ runId: one.id })
  const before = await drawn(`question ${nodes[0]?.id}`)
  await page.getByRole('button', { name: 'approve two' }).click()
  await expect.poll(() => questions.allInnerTexts()).toEqual(['approve one'])
  expect(await drawn(`question ${nodes[0]?.id}`)).toBe(before)
  expect((await pawl.approvals.list({ runId: two.id })).nodes[0]?.status).toBe('APPROVED')
  unwrap(await pawl.runs.cancel(one.id))
  unwrap(await pawl.runs.confirmCancel(one.id, { fence: one.fence }))
  await expect.poll(() => page.locator('#questions').innerText()).toBe('')
})

it('follows messages, a session and a workspace', async () => {
  const { id, fence, sessionId } = await startWork('worked on')
  const own = await openOwn(server.adminToken)
  const shown = (name: string) => own.locator(`#${name}`).innerText()
  await look(own, id, sessionId)
  await expect.poll(() => shown('messages')).toBe('first PENDING')
  await expect.poll(() => shown('session')).toBe('CREATED')
  await expect.poll(() => shown('workspace')).toBe(`/srv/${id} STOPPED`)
  const { nodes } = await pawl.messages.list(id)
  unwrap(await pawl.messages.acknowledge(nodes[0]?.id ?? '', 'DELIVERED', { fence }))
  unwrap(await pawl.messages.send(id, 'second'))
  await expect.poll(() => shown('messages')).toBe('second PENDING, first DELIVERED')
  unwrap(await pawl.sessions.update(sessionId, 'BOOTSTRAPPING', { fence }))
  await expect.poll(() => shown('session')).toBe('BOOTSTRAPPING')
  const workspaceId = (await pawl.workspaces.get(id))?.id ?? ''
  unwrap(await pawl.workspaces.reportPreview(workspaceId, { status: 'RUNNING', url: 'http://127.0.0.1:9/' }))
  await expect.poll(() => shown('workspace')).toBe(`/srv/${id} RUNNING`)
  unwrap(await pawl.runs.cancel(id))
  await own.context().close()
})

it('follows them with a token that reads one run, to which the feed is refused', async () => {
  const { id } = await startHeld(pawl, { title: 'of a page' })
  const { secret } = unwrap(await pawl.tokens.forRun(id))
  const own = await openOwn(secret)
  const shown = (name: string) => own.locator(`#${name}`).innerText()
  await expect.poll(() => shown('connection')).toBe('REFUSED')
  await look(own, id, 'ses_none')
  await expect.poll(() => shown('workspace')).toBe('none')
  await expect.poll(() => shown('messages')).toBe('')
  unwrap(await pawl.messages.send(id, 'told'))
  await expect.poll(() => shown('messages')).toBe('told PENDING')
  await own.context().close()
})

it('tells why nothing is read, instead of loading without an end', async () => {
  const own = await openOwn('pawl_wrong')
  await expect.poll(() => own.locator('#questions').innerText()).toContain('PawlAuthError')
  await look(own, 'run_none', 'ses_none')
  await expect.poll(() => own.locator('#messages').innerText()).toContain('PawlAuthError')
  await expect.poll(() => own.locator('#refused').innerText()).toContain('PawlAuthError')
  await own.context().close()
})

it('is drawn on a server, and taken over by a browser without a difference', async () => {
  const { id, fence, sessionId } = await startWork('handed over')
  await awaitApproval(pawl, { id, fence })
  const handed: Handed = {
    runs: await pawl.runs.list({ first: 1 }),
    run: await pawl.runs.get(id),
    approvals: await pawl.approvals.list({ filter: { statuses: ['PENDING'] } }),
    messages: await pawl.messages.list(id),
    session: await pawl.sessions.get(sessionId),
    workspace: await pawl.workspaces.get(id),
  }
  let requests = 0
  const counting = createPawl({
    url: server.url,
    fetch: async () => Promise.reject(new Error(`request ${(requests += 1)}`)),
  })
  const draw = (given: Handed | undefined) =>
    renderToString(createElement(HandedPage, { pawl: counting, runId: id, sessionId, handed: given }))
  const html = draw(handed)
  for (const part of ['handed over', 'AWAITING_APPROVAL plan', 'first', 'planner', `/srv/${id}`])
    expect(html).toContain(part)
  expect(html).toContain('data-loading="0"')
  expect(draw(undefined)).toContain('data-loading="3"')
  expect(requests).toBe(0)

  const given = JSON.stringify({ token: server.adminToken, runId: id, sessionId, handed })
  handedPage = `<!doctype html><div id="root">${html}</div><script>given = ${given.replaceAll('<', String.raw`\u003c`)}</script><script type="module" src="/handed.js"></script>`
  const own = await openOwn('', '/handed')
  await expect.poll(() => own.evaluate(() => (window as unknown as { first?: string }).first)).toBe(html)
  unwrap(await pawl.messages.send(id, 'later'))
  unwrap(await pawl.runs.cancel(id))
  await expect
    .poll(() => own.locator('li').allInnerTexts())
    .toEqual([
      expect.stringContaining('handed over'),
      expect.stringMatching(/^handed over CANCELL(ING|ED) plan \d$/),
      expect.not.stringContaining('handed over'),
      'later,first',
      'planner',
      `/srv/${id}`,
    ])
  expect(await own.evaluate(() => (window as unknown as { mismatches: string[] }).mismatches)).toEqual([])
  await own.context().close()
})
