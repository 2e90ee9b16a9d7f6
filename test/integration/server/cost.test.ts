import { createPawl, type Pawl, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/graphql/kit/limits.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { openSocket } from '../../support/socket.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

async function post(body: object) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await response.json()) as {
    data?: unknown
    errors?: { extensions: { code: string } }[]
    extensions?: { cost?: { complexity: number; limits: object } }
  }
}

const RUNS =
  'query Runs($first: Int) { runs(first: $first) { nodes { id title } } } query Other { viewer { name } }'
const ask = (first: number, extensions?: object) =>
  post({ query: RUNS, operationName: 'Runs', variables: { first }, extensions })

it('is told where it is asked for, of the operation that is executed, with the limits', async () => {
  const one = (await ask(1, { cost: true })).extensions?.cost
  expect(one).toEqual({ complexity: expect.any(Number), breadth: 4, depth: 3, limits: LIMITS })
  const many = (await ask(100, { cost: true })).extensions?.cost
  expect(many?.complexity).toBeGreaterThan(90 * ((one?.complexity ?? 0) - 2))
})

it('is not told where nobody asks', async () => {
  for (const extensions of [undefined, {}, { cost: false }, { cost: 'yes' }])
    expect((await ask(1, extensions)).extensions?.cost).toBeUndefined()
})

it('is told of an operation that is refused for it, and not of one that can not be executed', async () => {
  const query = '{ runs(first: 500) { nodes { events(first: 500) { nodes { seq } } } } }'
  const refused = await post({ query, extensions: { cost: true } })
  expect(refused.errors?.[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX')
  expect(refused.extensions?.cost?.complexity).toBeGreaterThan(LIMITS.complexity)
  const mistaken = await post({
    query: RUNS,
    operationName: 'Runs',
    variables: { first: 'x' },
    extensions: { cost: true },
  })
  expect(mistaken.errors).toBeDefined()
  expect(mistaken.extensions?.cost).toBeUndefined()
})

describe('a socket', () => {
  it('is told with the answer of a query, also where that has errors', async () => {
    const socket = await openSocket(server, server.adminToken)
    const ask = async (query: string) => {
      socket.send({ id: '1', type: 'subscribe', payload: { query, extensions: { cost: true } } })
      const [answer] = [await socket.next(), await socket.next()]
      return answer.payload as { errors?: unknown; extensions?: { cost?: object } }
    }
    const told = { cost: expect.objectContaining({ breadth: expect.any(Number), limits: LIMITS }) }
    expect((await ask('{ viewer { name } }')).extensions).toEqual(told)
    const refused = await ask('{ runs(first: 500) { nodes { events(first: 500) { nodes { seq } } } } }')
    expect([refused.errors, refused.extensions]).toEqual([expect.any(Array), told])
    socket.close()
  })
})

describe('a subscription is told its cost with the first frame alone', () => {
  const query = `subscription Follow($id: ID!) { runChanged(runId: $id) { status } }`
  let pawl: Pawl
  beforeAll(() => {
    pawl = createPawl({ url: server.url, token: server.adminToken })
  })

  it('over a socket', async () => {
    const { run } = unwrap(await pawl.runs.start({ workflow: 'review' }))
    const socket = await openSocket(server, server.adminToken)
    const payload = { query, variables: { id: run?.id }, extensions: { cost: true } }
    socket.send({ id: '1', type: 'subscribe', payload })
    const first = (await socket.next()).payload as { data: object; extensions?: { cost?: object } }
    expect(first).toMatchObject({
      data: { runChanged: { status: 'QUEUED' } },
      extensions: { cost: { depth: 2, limits: LIMITS } },
    })
    unwrap(await pawl.runs.cancel(run?.id ?? ''))
    const second = (await socket.next()).payload
    expect(second).toEqual({ data: { runChanged: { status: 'CANCELLED' } } })
    expect((await socket.next()).type).toBe('complete')
    socket.close()
  })

  it('as server-sent events', async () => {
    const { run } = unwrap(await pawl.runs.start({ workflow: 'review' }))
    unwrap(await pawl.runs.cancel(run?.id ?? ''))
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.adminToken}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ query, variables: { id: run?.id }, extensions: { cost: true } }),
    })
    const text = await response.text()
    expect(text).toMatch(/"status":"CANCELLED".*"cost":\{"complexity"/)
    expect(text).toContain('event: complete')
  })
})
