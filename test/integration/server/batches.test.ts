import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const VIEWER = { query: '{ viewer { name role } }' }

interface Answer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[]
}

async function post(body: unknown, token = server.adminToken) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Answer | readonly Answer[] }
}

const codesOf = ({ errors = [] }: Answer) => errors.map(({ extensions }) => extensions.code)

describe('several operations in one request', () => {
  it('are answered in their order, each for itself', async () => {
    const started =
      'mutation ($key: String!) { startRun(input: { workflow: "none", idempotencyKey: $key }) { __typename } }'
    const { status, body } = await post([
      VIEWER,
      { query: '{ nothing }' },
      { query: started, variables: { key: 'a' } },
      { query: '{ run(id: "run_none") { id } }' },
      { query: 'query ($id: ID!) { run(id: $id) { id } }' },
    ])
    const [viewer, invalid, refused, missing, unfit] = body as readonly Answer[]
    expect(viewer).toMatchObject({ data: { viewer: { role: 'ADMIN' } } })
    expect(invalid?.data).toBeUndefined()
    expect(invalid?.errors).toHaveLength(1)
    expect(refused).toEqual({ data: { startRun: { __typename: 'NotFound' } } })
    expect(missing).toEqual({ data: { run: null } })
    expect(codesOf(unfit ?? {})).toEqual(['BAD_USER_INPUT'])
    expect(status).toBeLessThan(500)
  })

  it('are at most ten', async () => {
    expect((await post(Array(10).fill(VIEWER))).body).toHaveLength(10)
    const { status, body } = await post(Array(11).fill(VIEWER))
    expect({ status, codes: codesOf(body as Answer) }).toEqual({ status: 413, codes: ['BAD_REQUEST'] })
  })

  it('are no subscriptions, which are refused and open no stream', async () => {
    const { body } = await post([VIEWER, { query: 'subscription { runsChanged { cursor } }' }, VIEWER])
    const [first, stream, last] = body as readonly Answer[]
    expect(codesOf(stream ?? {})).toEqual(['BAD_REQUEST'])
    expect(stream?.errors?.[0]?.message).toContain('of its own')
    for (const each of [first, last]) expect(each).toMatchObject({ data: { viewer: { role: 'ADMIN' } } })
  })

  it('each have the limits of an operation', async () => {
    const much = {
      query:
        'query ($first: Int) { runs(first: $first) { edges { node { children(first: $first) { edges { node { id } } } } } } }',
    }
    const { body } = await post([
      { ...much, variables: { first: 5 } },
      { ...much, variables: { first: 500 } },
      { ...much, variables: { first: 5 } },
    ])
    expect((body as readonly Answer[]).map(codesOf)).toEqual([[], ['QUERY_TOO_COMPLEX'], []])
  })

  it('need a token like any request', async () => {
    const { status, body } = await post([VIEWER, VIEWER], 'none')
    expect({ status, codes: codesOf(body as Answer) }).toEqual({ status: 401, codes: ['UNAUTHENTICATED'] })
  })
})
