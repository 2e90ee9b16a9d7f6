import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { openRawSocket } from '../../support/socket.ts'

const PUBLIC = 'https://pawl.example'

let plain: TestServer
let named: TestServer
beforeAll(async () => {
  plain = await startTestServer()
  named = await startTestServer({ config: { publicUrl: `${PUBLIC}/` } })
})
afterAll(async () => {
  await plain.stop()
  await named.stop()
})

/** Whether a page of this origin may open a socket, where the request comes with these headers. */
async function mayOpen(server: TestServer, headers: Record<string, string>): Promise<boolean> {
  const socket = await openRawSocket(server, { headers }).catch((error: Error) => {
    expect(error.message).toContain('403')
  })
  socket?.close()
  return socket !== undefined
}

describe('a socket', () => {
  it('is not opened by a page of the same host that came another way', async () => {
    const host = 'pawl.example'
    expect(await mayOpen(plain, { host, origin: 'http://pawl.example' })).toBe(true)
    expect(await mayOpen(plain, { host, origin: PUBLIC })).toBe(false)
    const forwarded = { host, 'x-forwarded-proto': 'https' }
    expect(await mayOpen(plain, { ...forwarded, origin: PUBLIC })).toBe(true)
    expect(await mayOpen(plain, { ...forwarded, origin: 'http://pawl.example' })).toBe(false)
  })

  it('is opened by pages of publicUrl, whatever the proxy passes on, and by those of the server itself', async () => {
    for (const host of ['pawl.example', '127.0.0.1:4400']) {
      expect(await mayOpen(named, { host, origin: PUBLIC })).toBe(true)
      expect(await mayOpen(named, { host, origin: 'http://pawl.example' })).toBe(false)
      expect(await mayOpen(named, { host, origin: 'https://pawl.example:8443' })).toBe(false)
    }
    expect(await mayOpen(named, { origin: named.url })).toBe(true)
  })
})

describe('signing in', () => {
  it('is by a link to publicUrl, and its cookie is for that alone', async () => {
    expect(named.signInUrl).toMatch(/^https:\/\/pawl\.example\/sign-in\?code=/)
    const direct = `${named.url}/sign-in${new URL(named.signInUrl).search}`
    const [cookie] = (await fetch(direct)).headers.getSetCookie()
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Secure$/)
    expect(named.url).toMatch(/^http:\/\/127\.0\.0\.1:/)
  })
})
