import { afterAll, beforeAll, expect, it } from 'vitest'
import { LIMITS } from '../../../src/graphql/kit/limits.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

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
