import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { ask, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const connect = (token: string | (() => string), retryAttempts = 0) =>
  createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: () => ({ authorization: `Bearer ${typeof token === 'string' ? token : token()}` }),
    retryAttempts,
    retryWait: async () => {},
  })

it('executes queries, mutations and subscriptions for graphql-ws’s own client', async () => {
  const client = connect(server.adminToken)
  const [answer] = await collect(client.iterate({ query: '{ viewer { name } }' }))
  expect(answer).toEqual({ data: { viewer: { name: 'local' } } })
  const [started] = await collect(
    client.iterate<{ startRun: { run: { id: string } } }>({
      query: 'mutation { startRun(input: { workflow: "review" }) { ... on StartRunSuccess { run { id } } } }',
    }),
  )
  const id = started?.data?.startRun.run.id ?? ''
  const frames = client.iterate<{ runChanged: { status: string } }>({
    query: 'subscription ($id: ID!) { runChanged(runId: $id) { status } }',
    variables: { id },
  })
  expect((await frames.next()).value).toEqual({ data: { runChanged: { status: 'QUEUED' } } })
  await ask(server, `mutation { cancelRun(input: { runId: "${id}" }) { __typename } }`, {
    token: server.adminToken,
  })
  expect((await frames.next()).value).toEqual({ data: { runChanged: { status: 'CANCELLED' } } })
  expect(await frames.next()).toEqual({ done: true, value: undefined })
  await client.dispose()
})

it('tells it errors as errors', async () => {
  const client = connect(server.adminToken)
  await expect(collect(client.iterate({ query: '{ nothing }' }))).rejects.toMatchObject([
    { message: expect.stringContaining('nothing') },
  ])
  await client.dispose()
})

it('makes it reconnect with another token when the first was revoked', async () => {
  const first = await server.createToken({ role: 'VIEWER', name: 'first' })
  const second = await server.createToken({ role: 'VIEWER', name: 'second' })
  let current = first.secret
  const client = connect(() => current, 3)
  const started = await ask(
    server,
    'mutation { startRun(input: { workflow: "review" }) { ... on StartRunSuccess { run { id } } } }',
    { token: server.adminToken },
  )
  const { id } = (started.data as unknown as { startRun: { run: { id: string } } }).startRun.run
  const frames = client.iterate({ query: `subscription { runChanged(runId: "${id}") { status } }` })
  await frames.next()
  current = second.secret
  await server.store.pool.query('UPDATE token SET revoked_at = now() WHERE id = $1', [first.id])
  // the present frame, again: the client subscribed anew
  expect((await frames.next()).value).toEqual({ data: { runChanged: { status: 'QUEUED' } } })
  await frames.return?.()
  await client.dispose()
})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
