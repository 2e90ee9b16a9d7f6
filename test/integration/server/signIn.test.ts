import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { askSocket, openRawSocket } from '../../support/socket.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const CSRF = { 'x-pawl-csrf': '1' }
const JSON_TYPE = { 'content-type': 'application/json' }

/** Signs in with a token and returns the cookie. */
async function signIn(token: string): Promise<string> {
  const response = await postToken(token)
  expect(response.status).toBe(204)
  return cookieOf(response)
}

const postToken = (token: string, headers: Record<string, string> = { ...CSRF, ...JSON_TYPE }) =>
  fetch(`${server.url}/sign-in`, { method: 'POST', headers, body: JSON.stringify({ token }) })

function cookieOf(response: Response): string {
  const [setCookie = ''] = response.headers.getSetCookie()
  expect(setCookie).toContain('HttpOnly; SameSite=Strict')
  return setCookie.split(';', 1)[0] ?? ''
}

const query = (headers: Record<string, string>, body = '{ viewer { name } }') =>
  fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    body: JSON.stringify({ query: body }),
  })

const home = async (cookie = '') => (await fetch(server.url, { headers: { cookie } })).text()

describe('the sign-in link', () => {
  it('signs one browser in, once', async () => {
    const first = await fetch(server.signInUrl, { redirect: 'manual' })
    expect(first.status).toBe(200)
    const cookie = cookieOf(first)
    expect(await home(cookie)).not.toContain('<form>')
    expect(await (await query({ cookie, ...CSRF }, '{ viewer { name role } }')).json()).toEqual({
      data: { viewer: { name: 'local', role: 'ADMIN' } },
    })

    const second = await fetch(server.signInUrl)
    expect(second.status).toBe(403)
    expect(second.headers.getSetCookie()).toEqual([])
    expect(await second.text()).toContain('was already used')
  })

  it('can’t be invented', async () => {
    const response = await fetch(`${server.url}/sign-in?code=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`)
    expect(response.status).toBe(403)
    expect(response.headers.getSetCookie()).toEqual([])
  })
})

describe('the local token', () => {
  it('is a file for the user alone, beside the address', async () => {
    const token = await stat(join(server.dataDir, 'token'))
    expect(token.mode & 0o777).toBe(0o600)
    expect((await stat(server.dataDir)).mode & 0o777).toBe(0o700)
    expect(await readFile(join(server.dataDir, 'address'), 'utf8')).toBe(`${server.url}\n`)
  })

  it('is kept as a hash only', async () => {
    const { rows } = await server.store.pool.query('SELECT * FROM token')
    expect(JSON.stringify(rows)).not.toContain(server.adminToken.slice(5))
  })
})

describe('signing in with a token', () => {
  it('gives a session with the rights of that token', async () => {
    const { secret } = await server.createToken({ role: 'VIEWER', name: 'Ada <b>' })
    const cookie = await signIn(secret)
    expect(await home(cookie)).not.toContain('<form>')
    expect(await (await query({ cookie, ...CSRF })).json()).toEqual({ data: { viewer: { name: 'Ada <b>' } } })
  })

  it('is refused for anything but a good token of a person', async () => {
    expect((await postToken('pawl_wrong')).status).toBe(401)
    expect((await postToken('')).status).toBe(401)
    expect((await postToken(server.adminToken, { ...CSRF, 'content-type': 'text/plain' })).status).toBe(415)
    const large = await fetch(`${server.url}/sign-in`, {
      method: 'POST',
      headers: { ...CSRF, ...JSON_TYPE },
      body: `"${'x'.repeat(5000)}"`,
    })
    expect(large.status).toBe(400)
  })

  it('is refused to other origins, which can’t send the header', async () => {
    expect((await postToken(server.adminToken, JSON_TYPE)).status).toBe(403)
    const form = await fetch(`${server.url}/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ token: server.adminToken }),
    })
    expect(form.status).toBe(403)
  })
})

describe('a session', () => {
  it('needs the CSRF header for whatever it asks, by POST and by GET', async () => {
    const cookie = await signIn(server.adminToken)
    for (const response of [
      await query({ cookie }),
      await query({ cookie }, 'mutation { sweep(input: {}) { __typename } }'),
      await fetch(`${server.url}/graphql?query={viewer{name}}`, { headers: { cookie } }),
      await fetch(`${server.url}/metrics`, { headers: { cookie } }),
      await fetch(`${server.url}/sign-out`, { method: 'POST', headers: { cookie } }),
    ]) {
      expect(response.status).toBe(403)
    }
    expect(
      (await fetch(`${server.url}/graphql?query={viewer{name}}`, { headers: { cookie, ...CSRF } })).status,
    ).toBe(200)
  })

  it('is of no use in a form, which browsers send across origins', async () => {
    const cookie = await signIn(server.adminToken)
    const forms: [string, string][] = [
      ['application/x-www-form-urlencoded', 'query=mutation{sweep(input:{}){__typename}}'],
      ['text/plain', '{"query":"mutation{sweep(input:{}){__typename}}"}'],
      [
        'multipart/form-data; boundary=x',
        '--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{"query":"{viewer{name}}"}\r\n--x--',
      ],
    ]
    for (const [type, body] of forms) {
      const headers = { cookie, 'content-type': type }
      expect((await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })).status).toBe(403)
      const withHeader = { ...headers, ...CSRF }
      expect(
        (await fetch(`${server.url}/graphql`, { method: 'POST', headers: withHeader, body })).status,
      ).toBe(415)
    }
  })

  it('gives other origins no leave to ask', async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://evil.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-pawl-csrf',
      },
    })
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it('opens a socket from a page of the server only', async () => {
    const cookie = await signIn(server.adminToken)
    await expect(
      openRawSocket(server, { headers: { cookie, origin: 'http://evil.example' } }),
    ).rejects.toThrow('403')
    await expect(openRawSocket(server, { headers: { cookie, origin: 'null' } })).rejects.toThrow('403')
    // another port of the same host is another origin, though the browser sends it the cookie
    await expect(
      openRawSocket(server, { headers: { cookie, origin: 'http://127.0.0.1:1' } }),
    ).rejects.toThrow('403')

    const own = await openRawSocket(server, { headers: { cookie, origin: server.url } })
    own.send({ type: 'connection_init' })
    expect((await own.next()).type).toBe('connection_ack')
    expect(await askSocket(own, '{ viewer { name } }')).toMatchObject({
      payload: { data: { viewer: { name: 'local' } } },
    })
    own.close()

    const noPage = await openRawSocket(server, { headers: { cookie } })
    noPage.send({ type: 'connection_init' })
    expect((await noPage.closed).code).toBe(4403)
  })

  it('dies with its token', async () => {
    const { id, secret } = await server.createToken({ role: 'ADMIN' })
    const cookie = await signIn(secret)
    await server.store.pool.query('UPDATE token SET revoked_at = now() WHERE id = $1', [id])
    expect((await query({ cookie, ...CSRF })).status).toBe(401)
    expect(await home(cookie)).toContain('<form>')
  })

  it('is cleared by signing out', async () => {
    const cookie = await signIn(server.adminToken)
    const response = await fetch(`${server.url}/sign-out`, { method: 'POST', headers: { cookie, ...CSRF } })
    expect(response.status).toBe(204)
    expect(response.headers.getSetCookie()[0]).toMatch(/^pawl_[0-9a-f]{12}=; Path=\/; Max-Age=0;/)
  })
})

describe('the pages', () => {
  it('show nothing of the server to who is not signed in', async () => {
    expect(await home()).toContain('<form>')
    const graphiql = await fetch(`${server.url}/graphql`, {
      headers: { accept: 'text/html' },
      redirect: 'manual',
    })
    // the sign-in page, in the place of GraphiQL
    expect(graphiql.status).toBe(200)
    expect(await graphiql.text()).toContain('<form>')
  })

  it('run their own scripts only, and in no frame', async () => {
    const policy = (await fetch(server.url)).headers.get('content-security-policy') ?? ''
    expect(policy).toContain(`default-src 'none'`)
    expect(policy).toContain(`frame-ancestors 'none'`)
    expect(policy).not.toContain('unsafe')
  })

  it('are the only ones', async () => {
    for (const path of ['/nothing', '/graphql/more', '/token', '/.pawl/token', '/%2e%2e/package.json']) {
      expect((await fetch(server.url + path)).status).toBe(404)
    }
  })
})
