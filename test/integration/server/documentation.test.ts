import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDocumentation } from '../../../src/server/pages/documentation.ts'
import { hashOf } from '../../../src/server/pages/page.ts'

let dir: string
let server: Server
let url: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pawl-documentation-'))
  await mkdir(join(dir, 'assets'))
  await writeFile(join(dir, 'index.html'), '<script id="a">one()</script><script>two()</script>home')
  await writeFile(join(dir, 'cli.html'), 'the command line')
  await writeFile(join(dir, 'assets/app.js'), 'three()')
  await writeFile(join(dir, 'secret.key'), 'of nobody')
  const { send } = createDocumentation(dir)
  server = createServer((request, response) => {
    void send(request.url ?? '', request, response).then((isSent) => isSent || response.writeHead(404).end())
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await rm(dir, { recursive: true, force: true })
})

it('is found by the names of its pages, and leads there from its root', async () => {
  expect(await (await fetch(`${url}/docs`)).text()).toContain('home')
  expect(await (await fetch(`${url}/docs/cli`)).text()).toBe('the command line')
  expect((await fetch(`${url}/docs/cli`)).headers.get('cache-control')).toBe('no-cache')
  const asset = await fetch(`${url}/docs/assets/app.js`)
  expect(asset.headers.get('cache-control')).toContain('immutable')
  for (const path of [
    '/docs/none',
    '/docs/secret.key',
    '/docs/../package.json',
    '/docs/%2e%2e/x',
    '/documents',
  ])
    expect((await fetch(url + path)).status, path).toBe(404)
})

it('runs the scripts that were built into a page, and no others', async () => {
  const policy = (await fetch(`${url}/docs/`)).headers.get('content-security-policy') ?? ''
  expect(policy).toContain(`script-src 'self' ${hashOf('one()')} ${hashOf('two()')};`)
  expect(policy).toContain(`default-src 'none'`)
  expect(policy).not.toMatch(/https?:|\*/)
})
