import { createClient } from 'graphql-sse'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const connect = (token: string) =>
  createClient({
    url: `${server.url}/graphql`,
    headers: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  })

it('streams to graphql-sse’s own client, over distinct connections', async () => {
  const client = connect(server.adminToken)
  const answers = client.iterate({ query: '{ viewer { name } }' })
  expect((await answers.next()).value).toEqual({ data: { viewer: { name: 'local' } } })
  expect(await answers.next()).toEqual({ done: true, value: undefined })

  const started = await ask(
    server,
    'mutation { startRun(input: { workflow: "review" }) { ... on StartRunSuccess { run { id } } } }',
    { token: server.adminToken },
  )
  const { id } = (started.data as unknown as { startRun: { run: { id: string } } }).startRun.run
  const events = client.iterate<{ runEventAppended: { type: string } }>({
    query: 'subscription ($id: ID!) { runEventAppended(runId: $id) { type } }',
    variables: { id },
  })
  expect((await events.next()).value).toEqual({ data: { runEventAppended: { type: 'RUN_CREATED' } } })
  await ask(server, `mutation { cancelRun(input: { runId: "${id}" }) { __typename } }`, {
    token: server.adminToken,
  })
  const types: string[] = []
  for await (const { data } of events) types.push(data?.runEventAppended.type ?? '')
  expect(types.at(-1)).toBe('RUN_CANCELLED')
  client.dispose()
})

it('tells it that its token is no good', async () => {
  const client = connect('pawl_none')
  const answers = client.iterate({ query: '{ viewer { name } }' })
  await expect(answers.next()).rejects.toMatchObject({ response: { status: 401 } })
  client.dispose()
})
