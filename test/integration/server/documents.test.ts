import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl, PawlFault, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ViewerDocument } from '../../../sdk/generated/graphql.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { openSocket } from '../../support/socket.ts'

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const VIEWER = hashOf(ViewerDocument)
/** Documents that no SDK has. */
const NAME = 'query Name { viewer { name } }'
const ROLE = 'query Role { viewer { role } }'
const OTHER = '{ viewer { name role } }'

let folder: string
let open: TestServer
let closed: TestServer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-documents-'))
  const [relay, apollo] = [join(folder, 'relay.json'), join(folder, 'apollo.json')]
  await writeFile(relay, JSON.stringify({ 'our-name': NAME }))
  const operations = [{ id: 'our-role', name: 'Role', type: 'query', body: ROLE }]
  await writeFile(
    apollo,
    JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }),
  )
  open = await startTestServer()
  closed = await startTestServer({ config: { documents: 'trusted', documentFiles: [relay, apollo] } })
})
afterAll(async () => {
  await open.stop()
  await closed.stop()
  await rm(folder, { recursive: true })
})

interface Answer {
  readonly status: number
  readonly data?: { viewer: Record<string, string> } | null
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[]
}

async function post(server: TestServer, body: object): Promise<Answer> {
  return read(server, '/graphql', { method: 'POST', body: JSON.stringify(body) })
}

async function read(server: TestServer, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    ...init,
    headers: {
      authorization: `Bearer ${server.adminToken}`,
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
    },
  })
  return { status: response.status, ...((await response.json()) as object) }
}

const codeOf = ({ errors }: Answer) => errors?.[0]?.extensions.code

describe('a document is found by its id', () => {
  it.each([
    ['documentId', { documentId: VIEWER }],
    ['documentId with its prefix', { documentId: `sha256:${VIEWER}` }],
    ['Apollo’s extension', { extensions: { persistedQuery: { version: 1, sha256Hash: VIEWER } } }],
  ])('%s', async (_name, body) => {
    for (const server of [open, closed])
      expect((await post(server, body)).data?.viewer).toMatchObject({ name: 'local', role: 'ADMIN' })
  })

  it('of a request by GET', async () => {
    const { data } = await read(closed, `/graphql?documentId=sha256:${VIEWER}`)
    expect(data?.viewer).toMatchObject({ name: 'local' })
  })

  it('from the files of graphql-codegen, Relay and Apollo, by the id there and by the hash of its text', async () => {
    for (const id of ['our-name', hashOf(NAME)])
      expect((await post(closed, { documentId: id })).data).toEqual({ viewer: { name: 'local' } })
    expect((await post(closed, { documentId: 'our-role' })).data).toEqual({ viewer: { role: 'ADMIN' } })
  })

  it('over a socket', async () => {
    const socket = await openSocket(closed, closed.adminToken)
    for (const [id, named] of Object.entries({
      a: { documentId: 'our-name' },
      b: { extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(NAME) } } },
    })) {
      socket.send({ id, type: 'subscribe', payload: { query: '', ...named } })
      expect(await socket.next()).toMatchObject({ id, payload: { data: { viewer: { name: 'local' } } } })
      expect(await socket.next()).toMatchObject({ id, type: 'complete' })
    }
    socket.close()
  })
})

describe('a server that executes any document', () => {
  it('says of an unknown id that it wants the text, and executes that', async () => {
    const persistedQuery = { version: 1, sha256Hash: hashOf(OTHER) }
    const first = await post(open, { extensions: { persistedQuery } })
    expect([first.status, codeOf(first)]).toEqual([400, 'PERSISTED_QUERY_NOT_FOUND'])
    const second = await post(open, { query: OTHER, extensions: { persistedQuery } })
    expect(second.data?.viewer).toEqual({ name: 'local', role: 'ADMIN' })
  })
})

describe('a server that executes trusted documents only', () => {
  it('refuses an unknown text, and says what to do', async () => {
    const answer = await post(closed, { query: OTHER })
    expect([answer.status, codeOf(answer)]).toEqual([400, 'DOCUMENT_NOT_TRUSTED'])
    expect(answer.errors?.[0]?.message).toMatch(/trusted documents only.*documentFiles/)
    expect(answer.data).toBeUndefined()
  })

  it.each([
    ['an unknown id', { documentId: 'x' }],
    ['an unknown hash', { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }],
    ['a text beside a known id', { query: OTHER, documentId: VIEWER }],
    ['a known document and more', { query: `${NAME} ${ROLE}`, operationName: 'Name' }],
    ['introspection', { query: '{ __schema { types { name } } }' }],
  ])('refuses %s', async (_name, body) => {
    expect(codeOf(await post(closed, body))).toBe('DOCUMENT_NOT_TRUSTED')
  })

  it('refuses over GET, as events, and on a socket, which stays open', async () => {
    expect(codeOf(await read(closed, `/graphql?query=${encodeURIComponent(OTHER)}`))).toBe(
      'DOCUMENT_NOT_TRUSTED',
    )
    const events = await fetch(`${closed.url}/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${closed.adminToken}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ query: 'subscription { runsChanged { runId } }' }),
    })
    expect(await events.text()).toContain('DOCUMENT_NOT_TRUSTED')
    const socket = await openSocket(closed, closed.adminToken)
    socket.send({ id: '1', type: 'subscribe', payload: { query: OTHER } })
    expect(await socket.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'DOCUMENT_NOT_TRUSTED' } }],
    })
    socket.send({ id: '2', type: 'subscribe', payload: { query: NAME } })
    expect(await socket.next()).toMatchObject({
      type: 'next',
      payload: { data: { viewer: { name: 'local' } } },
    })
    socket.close()
  })

  it('serves the SDK over HTTP, sockets and events, which learns by a fault of what is refused', async () => {
    for (const options of [{}, { WebSocket: false } as const]) {
      const pawl = createPawl({ url: closed.url, token: closed.adminToken, ...options })
      const { run } = unwrap(await pawl.runs.start({ workflow: 'review' }))
      const id = run?.id ?? ''
      unwrap(await pawl.runs.cancel(id))
      const seen: string[] = []
      for await (const { status } of pawl.runs.watch(id)) seen.push(status)
      expect(seen).toEqual(['CANCELLED'])
      const refused = pawl.query(OTHER)
      await expect(refused).rejects.toThrow(PawlFault)
      await expect(refused).rejects.toMatchObject({ code: 'DOCUMENT_NOT_TRUSTED' })
    }
  })

  it('says in the place of GraphiQL that it is off', async () => {
    const sentIn = await fetch(closed.signInUrl, { redirect: 'manual' })
    const cookie = sentIn.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    const page = await fetch(`${closed.url}/graphql`, { headers: { accept: 'text/html', cookie } })
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('executes trusted documents only')
  })

  it('does not start with a file that it can not read', async () => {
    const broken = join(folder, 'broken.json')
    await writeFile(broken, JSON.stringify(['no', 'texts']))
    await expect(startTestServer({ config: { documentFiles: [broken] } })).rejects.toThrow(
      `documentFiles: ${broken} can't be used: neither texts by id nor a manifest of Apollo`,
    )
    const missing = join(folder, 'missing.json')
    await expect(startTestServer({ config: { documentFiles: [missing] } })).rejects.toThrow(missing)
  })
})
