import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { askSocket, openSocket } from '../../support/socket.ts'
import { changedTables, openFingerprints } from './fingerprint.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const START = 'mutation ($input: StartRunInput!) { startRun(input: $input) { __typename } }'
const NEW = 'application/graphql-response+json'

async function post(body: string, accept = NEW): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${server.adminToken}` },
    body,
  })
  return { status: response.status, body: await response.json() }
}

const errorsOf = (code: unknown) => ({
  errors: expect.arrayContaining([expect.objectContaining({ extensions: { code } })]),
})

describe('a request whose variables can’t be what its document says', () => {
  const wrong: [what: string, variables: unknown][] = [
    ['are missing', {}],
    ['are of another type', { input: 7 }],
    ['hold fields that there are not', { input: { workflow: 'solo', unknown: 1 } }],
    ['hold a number for a text', { input: { workflow: 1 } }],
    ['hold null where something is needed', { input: { workflow: null } }],
  ]

  it.each(wrong)('since they %s is a bad input: 400, and a code that says so', async (_what, variables) => {
    const body = JSON.stringify({ query: START, variables })
    const told = errorsOf('BAD_USER_INPUT')
    expect(await post(body)).toEqual({ status: 400, body: told })
    // who takes application/json alone learns of it from the body
    expect(await post(body, 'application/json')).toEqual({ status: 200, body: told })
  })

  it('is one on a socket, too, which lives on', async () => {
    const socket = await openSocket(server, server.adminToken)
    const message = await askSocket(socket, START, { variables: { input: { workflow: 1 } } })
    expect(message).toMatchObject({ payload: errorsOf('BAD_USER_INPUT') })
    expect(await socket.next()).toMatchObject({ type: 'complete' })
    expect(await askSocket(socket, '{ viewer { name } }', { id: '2' })).toMatchObject({ type: 'next' })
    socket.close()
  })

  it('keeps a stream from beginning with the same words', async () => {
    const socket = await openSocket(server, server.adminToken)
    const query =
      'subscription ($id: ID!, $after: Int) { runEventAppended(runId: $id, after: $after) { seq } }'
    const message = await askSocket(socket, query, { variables: { id: 'x', after: 'soon' } })
    expect(message).toMatchObject({ payload: errorsOf('BAD_USER_INPUT') })
    socket.close()
  })
})

describe('a body', () => {
  const input = (json: string) =>
    `{"query":${JSON.stringify(START)},"variables":{"input":{"workflow":"review","input":${json}}}}`
  const nest = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  const bodies: [what: string, body: string][] = [
    ['nothing', ''],
    ['no JSON', '{"query":'],
    ['a text', '"{ viewer { name } }"'],
    ['a list of no operations', '[]'],
    ['a number for a document', '{"query":7}'],
    ['a list for variables', `{"query":${JSON.stringify(START)},"variables":[]}`],
    ['a text for variables', `{"query":${JSON.stringify(START)},"variables":"x"}`],
    ['an operation that is not there', `{"query":"query A { viewer { name } }","operationName":"B"}`],
    ['no operation at all', '{"query":"fragment F on Viewer { name }"}'],
    ['a document of nothing but brackets', `{"query":"${'{'.repeat(5_000)}"}`],
    ['a document with half a character', '{"query":"{ viewer(a: \\"\\ud800\\") { name } }"}'],
    ['a prototype', '{"query":"{ viewer { nmae } }","__proto__":{"variables":{}}}'],
  ]

  it.each(bodies)('of %s is the caller’s fault', async (_what, body) => {
    const { status, body: answer } = await post(body)
    expect([status, answer]).toEqual([400, { errors: expect.any(Array) }])
    expect(JSON.stringify(answer)).not.toContain('INTERNAL')
  })

  it('with JSON deeper than any stack is refused, and changes nothing', async () => {
    const fingerprint = await openFingerprints(server.store.pool)
    const before = await fingerprint()
    for (const depth of [1_000, 100_000, 1_000_000]) {
      const { status, body } = await post(input(nest(depth)))
      expect([depth, status, body]).toEqual([
        depth,
        413,
        { errors: [expect.objectContaining({ message: expect.stringContaining('at most 100 deep') })] },
      ])
    }
    expect(await post(input(nest(80)))).toMatchObject({
      status: 200,
      body: { data: { startRun: { __typename: 'InvalidInput' } } },
    })
    expect(changedTables(before, await fingerprint())).toEqual([])
    expect(await post(input(nest(60)))).toMatchObject({
      body: { data: { startRun: { __typename: 'StartRunSuccess' } } },
    })
    expect(changedTables(before, await fingerprint())).toEqual(expect.arrayContaining(['event', 'run']))
  })

  it('leaves the log without a fault', () => {
    expect(server.logged.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([])
  })
})
