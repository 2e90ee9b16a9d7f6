import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const metrics = (token?: string) =>
  fetch(`${server.url}/metrics`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })

it('is alive and ready', async () => {
  const alive = await fetch(`${server.url}/healthz`)
  expect([alive.status, await alive.text()]).toEqual([200, 'alive\n'])
  const ready = await fetch(`${server.url}/readyz`)
  expect([ready.status, await ready.text()]).toEqual([200, 'ready\n'])
  expect((await fetch(`${server.url}/healthz`, { method: 'POST' })).status).toBe(405)
})

it('shows its metrics to any token but an agent’s', async () => {
  expect((await metrics()).status).toBe(401)
  const { secret } = await server.createToken({ role: 'VIEWER' })
  expect((await metrics(secret)).status).toBe(200)
  const { data } = await ask(
    server,
    'mutation { startRun(input: { workflow: "review", claim: { owner: "w" } }) { ... on StartRunSuccess { agentToken } } }',
    { token: server.adminToken },
  )
  const { agentToken } = (data as unknown as { startRun: { agentToken: string } }).startRun
  expect((await metrics(agentToken)).status).toBe(403)
})

it('counts operations, refusals and what it turned away', async () => {
  const token = server.adminToken
  await ask(server, '{ mine: viewer { name } }', { token })
  await ask(
    server,
    'mutation { pauseRun(input: { runId: "run_01jd0000000000000000000000" }) { __typename } }',
    { token },
  )
  await ask(server, '{ runs(after: "nonsense") { totalCount } }', { token })
  await ask(server, '{ viewer { name } }')
  const text = await (await metrics(token)).text()
  expect(text).toContain('pawl_graphql_operation_seconds_count{kind="query",field="viewer",outcome="ok"} 1')
  expect(text).toContain(
    'pawl_graphql_operation_seconds_count{kind="mutation",field="pauseRun",outcome="refused"} 1',
  )
  expect(text).toContain('pawl_refusals_total{field="pauseRun",problem="NotFound"} 1')
  expect(text).toContain('pawl_graphql_operation_seconds_count{kind="query",field="runs",outcome="error"} 1')
  expect(text).toMatch(/pawl_rejected_total\{reason="unauthenticated"\} [1-9]/)
  expect(text).toMatch(/pawl_sweeps_total\{state="completed"\} [1-9]/)
  expect(text).toMatch(/pawl_database_connections\{state="idle"\} \d/)
  expect(text).toContain('nodejs_eventloop_lag_seconds')
})

it('logs a request it turned away, and names what it logs', async () => {
  await ask(server, '{ viewer { name } }')
  for (const line of server.logged) {
    const { msg } = JSON.parse(line) as { msg: string }
    expect(msg).toMatch(/^[a-z]+\.[a-z]+(_[a-z]+)*_(started|completed|failed|rejected|skipped)$/)
  }
  expect(server.logged.join('')).toContain('http.request_rejected')
})
