import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
let cookie: string
beforeAll(async () => {
  server = await startTestServer()
  cookie = (await fetch(server.signInUrl)).headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
})
afterAll(() => server.stop())

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(server.url + path, { headers: { cookie, ...headers }, redirect: 'manual' })

/** The bytes as they came over the wire: fetch would expand them. */
const getRaw = (path: string, encoding: string) =>
  new Promise<{ encoding: string | undefined; body: Buffer }>((resolve, reject) => {
    const headers = { cookie, 'accept-encoding': encoding }
    request(server.url + path, { headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) }),
      )
    })
      .on('error', reject)
      .end()
  })

const findAssets = async () =>
  [...(await (await get('/')).text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path ?? '')

describe('the dashboard', () => {
  it('is one document for all of its pages, for who is signed in', async () => {
    const home = await (await get('/')).text()
    expect(home).toContain('<div id="root">')
    for (const path of ['/approvals', '/start', '/runs/run_01hzy', '/?status=FAILED&text=a'])
      expect(await (await get(path)).text()).toBe(home)
    for (const path of ['/', '/approvals', '/runs/run_01hzy'])
      expect(await (await get(path, { cookie: '' })).text()).toContain('<form>')
    for (const path of ['/runs', '/runs/', '/runs/a/b', '/approvals/', '/index.html'])
      expect((await get(path)).status).toBe(404)
  })

  it('may load from this server alone, and makes no markup but the sanitiser’s', async () => {
    const response = await get('/')
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain(`default-src 'none'`)
    expect(policy).toContain(`script-src 'self';`)
    expect(policy).toContain(`style-src 'self';`)
    expect(policy).toContain(`require-trusted-types-for 'script'`)
    expect(policy).toContain(`frame-ancestors 'none'`)
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    const html = await response.text()
    expect(html).not.toMatch(/https?:|<style|<script>/)
  })

  it('is asked for again only where it has changed', async () => {
    const response = await get('/')
    expect(response.headers.get('cache-control')).toBe('private, no-cache')
    const etag = response.headers.get('etag') ?? ''
    expect((await get('/', { 'if-none-match': etag })).status).toBe(304)
    expect((await get('/', { 'if-none-match': '"other"' })).status).toBe(200)
  })

  it('loads files that are named by their hash, and may be kept without a limit', async () => {
    const paths = await findAssets()
    expect(paths.length).toBeGreaterThan(2)
    for (const path of paths) {
      expect(path).toMatch(/^\/assets\/[\w.-]+-[\w-]{8}\.(?:js|css|svg)$/)
      const response = await get(path, { cookie: '' })
      expect(response.status).toBe(200)
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  it('comes compressed as the browser takes it', async () => {
    const script = (await findAssets()).find((path) => path.endsWith('.js')) ?? ''
    const plain = await getRaw(script, 'identity')
    expect(plain.encoding).toBeUndefined()
    const gzipped = await getRaw(script, 'gzip')
    const brotli = await getRaw(script, 'gzip, br')
    expect([gzipped.encoding, brotli.encoding]).toEqual(['gzip', 'br'])
    expect(gunzipSync(gzipped.body).equals(plain.body)).toBe(true)
    expect(brotliDecompressSync(brotli.body).equals(plain.body)).toBe(true)
    expect(brotli.body.length).toBeLessThan(gzipped.body.length)
  })

  it('has no other files, and takes nothing', async () => {
    for (const path of [
      '/assets/',
      '/assets/nothing.js',
      '/assets/../index.html',
      '/assets/%2e%2e/index.html',
    ])
      expect((await get(path)).status).toBe(404)
    for (const path of ['/', (await findAssets())[0] ?? '']) {
      const response = await fetch(server.url + path, { method: 'POST', headers: { cookie } })
      expect([404, 405]).toContain(response.status)
    }
  })
})
