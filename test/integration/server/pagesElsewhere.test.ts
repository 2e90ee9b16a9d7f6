import { createPawl, isSuccess, PawlAuthError, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'
import { askSocket, openRawSocket, openSocket } from '../../support/socket.ts'

const PAGE = 'https://app.example'
const VIEWER = '{ viewer { name role } }'

let server: TestServer
let cookie: string
beforeAll(async () => {
  server = await startTestServer({ config: { allowedOrigins: [PAGE] } })
  const signedIn = await fetch(`${server.url}/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-pawl-csrf': '1' },
    body: JSON.stringify({ token: server.adminToken }),
  })
  cookie = signedIn.headers.getSetCookie()[0]!.split(';', 1)[0]!
})
afterAll(() => server.stop())

const preflight = (origin: string) =>
  fetch(`${server.url}/graphql`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  })
const corsOf = (headers: Headers) => [...headers].filter(([name]) => name.startsWith('access-control-'))

describe('a page of an allowed origin', () => {
  it('may send a token, and its browser no cookie', async () => {
    const response = await preflight(PAGE)
    expect(response.status).toBe(204)
    expect(Object.fromEntries(corsOf(response.headers))).toEqual({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': 'POST, GET',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '7200',
    })
  })

  it('reads what it is answered, refusals too', async () => {
    const headers = { origin: PAGE }
    const answer = await ask(server, VIEWER, { token: server.adminToken, headers })
    expect(answer.data).toEqual({ viewer: { name: 'local', role: 'ADMIN' } })
    const refused = await ask(server, VIEWER, { token: 'pawl_none', headers })
    expect(refused.status).toBe(401)
    for (const { headers: sent } of [answer, refused])
      expect(corsOf(sent)).toEqual([['access-control-allow-origin', PAGE]])
  })

  it('is not signed in by the cookie of a session, which its browser may send to a port of the same host', async () => {
    const headers = { cookie, 'x-pawl-csrf': '1' }
    expect((await ask(server, VIEWER, { headers })).status).toBe(200)
    expect((await ask(server, VIEWER, { headers: { ...headers, origin: PAGE } })).status).toBe(401)
    const own = { ...headers, origin: server.url }
    expect((await ask(server, VIEWER, { headers: own })).status).toBe(200)
    const socket = await openRawSocket(server, { headers: { cookie, origin: PAGE } })
    socket.send({ type: 'connection_init' })
    expect(await socket.closed).toMatchObject({ code: 4403 })
  })
})

it('a page of any other origin is given nothing by CORS', async () => {
  for (const origin of ['https://app.example:8443', 'http://app.example', 'null', server.url]) {
    expect(corsOf((await preflight(origin)).headers)).toEqual([])
    const { headers } = await ask(server, VIEWER, { token: server.adminToken, headers: { origin } })
    expect(corsOf(headers)).toEqual([])
  }
})

describe('the token of a page', () => {
  const as = (token: string) => createPawl({ url: server.url, token, retry: { attempts: 1 } })

  /** A run with the token of a page, made by an operator of its own. */
  async function show(expiresInSeconds = 60) {
    const maker = await server.createToken({ role: 'OPERATOR' })
    const operator = as(maker.secret)
    const { run } = unwrap(await operator.runs.start({ workflow: 'review' }))
    const { run: other } = unwrap(await operator.runs.start({ workflow: 'review' }))
    const made = unwrap(await operator.tokens.forRun(run.id, { expiresInSeconds }))
    return { maker, operator, run, other, made, page: as(made.secret) }
  }

  it('reads its run, by queries and by streams, and nothing else', async () => {
    const { page, run, other, made } = await show()
    expect(made).toMatchObject({ runId: run.id, secret: expect.stringMatching(/^pawl_page_run_/) })
    expect(await page.runs.get(run.id)).toMatchObject({ id: run.id })
    expect((await page.runs.list()).nodes.map(({ id }) => id)).toEqual([run.id])
    for await (const frame of page.runs.watch(run.id)) {
      expect(frame.status).toBe('QUEUED')
      break
    }
    for await (const event of page.runs.events(run.id)) {
      expect(event.type).toBe('RUN_CREATED')
      break
    }
    await expect(page.runs.get(other.id)).rejects.toThrow(PawlAuthError)
    await expect(page.runs.events(other.id).next()).rejects.toThrow(PawlAuthError)
    await expect(page.runs.changes().next()).rejects.toThrow(PawlAuthError)
    await expect(page.tokens.list()).rejects.toThrow(PawlAuthError)
    expect((await page.executions.list()).nodes).toEqual([])
  })

  it('changes nothing', async () => {
    const { page, run } = await show()
    for (const refused of [
      await page.runs.cancel(run.id),
      await page.runs.start({ workflow: 'review' }),
      await page.messages.send(run.id, 'hello'),
      await page.tokens.forRun(run.id),
    ])
      expect(refused).toMatchObject({ __typename: 'Forbidden' })
    const { status } = await fetch(`${server.url}/metrics`, {
      headers: { authorization: `Bearer ${(await show()).made.secret}` },
    })
    expect(status).toBe(403)
  })

  it('is made by OPERATOR and ADMIN, of runs that they see', async () => {
    const { run } = await show()
    for (const role of ['VIEWER', 'WORKER'] as const) {
      const { secret } = await server.createToken({ role })
      expect(await as(secret).tokens.forRun(run.id)).toMatchObject({
        __typename: 'Forbidden',
        requiredRole: 'OPERATOR',
      })
    }
    const { secret } = await server.createToken({ role: 'OPERATOR', projects: ['elsewhere'] })
    expect(await as(secret).tokens.forRun(run.id)).toMatchObject({ __typename: 'Forbidden' })
    expect(isSuccess(await as(server.adminToken).tokens.forRun(run.id))).toBe(true)
    expect(await as(server.adminToken).tokens.forRun(run.id, { expiresInSeconds: 3_601 })).toMatchObject({
      __typename: 'InvalidInput',
    })
  })

  it('ends by itself, and with the token that it was made with', async () => {
    const brief = await show(1)
    const until = Date.parse(brief.made.expiresAt)
    for await (const _ of brief.page.runs.watch(brief.run.id, { onConnection: () => {} })) {
      const stream = brief.page.runs.watch(brief.run.id, { after: brief.run.revision })
      await expect(stream.next()).rejects.toThrow(PawlAuthError)
      break
    }
    expect(Date.now()).toBeGreaterThanOrEqual(until)
    await expect(brief.page.runs.get(brief.run.id)).rejects.toThrow(PawlAuthError)

    const { page, run, maker } = await show()
    unwrap(await as(server.adminToken).tokens.revoke(maker.id))
    await expect(page.runs.get(run.id)).rejects.toThrow(PawlAuthError)
  })

  it('is good on a socket, and is not believed when anything of it was changed', async () => {
    const { made, run, other } = await show()
    const socket = await openSocket(server, made.secret, { headers: { origin: PAGE } })
    const message = await askSocket(socket, `{ run(id: "${run.id}") { id } }`)
    expect(message).toMatchObject({ payload: { data: { run: { id: run.id } } } })
    socket.close()
    const until = String(Math.floor(Date.parse(made.expiresAt) / 1000))
    for (const forged of [
      made.secret.replace(run.id, other.id),
      made.secret.replace(`_${until}_`, `_${Number(until) + 9}_`),
      `${made.secret.slice(0, -2)}xx`,
    ])
      expect((await ask(server, VIEWER, { token: forged })).status).toBe(401)
  })
})
