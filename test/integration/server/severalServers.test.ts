import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'
import { askSocket, openSocket } from '../../support/socket.ts'

let database: TestDatabase
let servers: TestServer[]
beforeAll(async () => {
  database = await createTestDatabase()
  servers = await Promise.all([startTestServer({ database }), startTestServer({ database })])
})
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()))
  await database.drop()
})

const WORKFLOWS = '{ workflows { edges { node { name version } } } }'

describe('two servers on one database', () => {
  it('registered the built-in workflows once', async () => {
    const [one, two] = servers as [TestServer, TestServer]
    const { data } = await ask(one, WORKFLOWS, { token: one.adminToken })
    const names = (
      data as unknown as { workflows: { edges: { node: { name: string } }[] } }
    ).workflows.edges.map(({ node }) => node.name)
    expect(names.toSorted()).toEqual(['delivery', 'map', 'review', 'task'])
    const registered = [...one.logged, ...two.logged].filter((line) =>
      line.includes('workflow.register_completed'),
    )
    expect(registered).toHaveLength(4)
  })

  it('take each other’s tokens, sessions and claims', async () => {
    const [one, two] = servers as [TestServer, TestServer]
    expect((await ask(two, '{ viewer { role } }', { token: one.adminToken })).data).toEqual({
      viewer: { role: 'ADMIN' },
    })
    const [cookie = ''] = (await fetch(one.signInUrl)).headers.getSetCookie()
    const headers = { cookie: cookie.split(';', 1)[0] ?? '', 'x-pawl-csrf': '1' }
    expect((await ask(two, '{ viewer { role } }', { headers })).data).toEqual({ viewer: { role: 'ADMIN' } })
    const started = await ask(
      one,
      'mutation { startRun(input: { workflow: "review", claim: { owner: "w" } }) { ... on StartRunSuccess { agentToken } } }',
      { token: one.adminToken },
    )
    const { agentToken } = (started.data as unknown as { startRun: { agentToken: string } }).startRun
    expect((await ask(two, '{ viewer { role } }', { token: agentToken })).data).toEqual({
      viewer: { role: 'AGENT' },
    })
  })

  it('refuse a token from its revocation on, at once where it was revoked and as soon as they hear of it elsewhere', async () => {
    const [one, two] = servers as [TestServer, TestServer]
    const { id, secret } = await one.createToken({ role: 'VIEWER' })
    const statusAt = async (server: TestServer) =>
      (await ask(server, '{ viewer { role } }', { token: secret })).status
    expect([await statusAt(one), await statusAt(two)]).toEqual([200, 200])
    await ask(one, 'mutation ($id: ID!) { revokeToken(input: { tokenId: $id }) { __typename } }', {
      token: one.adminToken,
      variables: { id },
    })
    expect(await statusAt(one)).toBe(401)
    await expect.poll(() => statusAt(two), { interval: 5, timeout: 1_000 }).toBe(401)
  })

  it('hear of a revocation that none of them wrote', async () => {
    const { id, secret } = await (servers[0] as TestServer).createToken({ role: 'VIEWER' })
    const statuses = () =>
      Promise.all(
        servers.map(async (server) => (await ask(server, '{ viewer { role } }', { token: secret })).status),
      )
    expect(new Set(await statuses())).toEqual(new Set([200]))
    await servers[0]?.store.pool.query('UPDATE token SET revoked_at = clock_timestamp() WHERE id = $1', [id])
    await expect
      .poll(async () => [...new Set(await statuses())], { interval: 5, timeout: 1_000 })
      .toEqual([401])
  })

  it('tell each other’s subscribers at once', async () => {
    const [one, two] = servers as [TestServer, TestServer]
    const started = await ask(
      one,
      'mutation { startRun(input: { workflow: "review" }) { ... on StartRunSuccess { run { id } } } }',
      { token: one.adminToken },
    )
    const { id } = (started.data as unknown as { startRun: { run: { id: string } } }).startRun.run
    const socket = await openSocket(two, two.adminToken)
    await askSocket(socket, `subscription { runChanged(runId: "${id}") { status } }`)
    const since = performance.now()
    await ask(one, `mutation { cancelRun(input: { runId: "${id}" }) { __typename } }`, {
      token: one.adminToken,
    })
    expect(await socket.next()).toMatchObject({ payload: { data: { runChanged: { status: 'CANCELLED' } } } })
    // a lost signal would be made up for only after five seconds
    expect(performance.now() - since).toBeLessThan(3000)
    socket.close()
  })

  it('move a lost owner’s run on once, within a second of its expiry, with nobody asking', async () => {
    const [one] = servers as [TestServer, TestServer]
    const started = await ask(
      one,
      'mutation { startRun(input: { workflow: "delivery", claim: { owner: "w", leaseSeconds: 5 } }) { ... on StartRunSuccess { run { id lease { expiresAt } } } } }',
      { token: one.adminToken },
    )
    const { id } = (started.data as unknown as { startRun: { run: { id: string } } }).startRun.run
    const read = async () =>
      (
        await one.store.pool.query<{ type: string; late: number }>(
          `SELECT e.type, extract(epoch from e.at - claimed.at)::float8 - 5 AS late FROM event e
         JOIN event claimed ON claimed.run_id = e.run_id AND claimed.type = 'run.claimed'
         WHERE e.run_id = $1 AND e.type = 'run.requeued'`,
          [id],
        )
      ).rows
    await expect.poll(read, { timeout: 15_000, interval: 200 }).toHaveLength(1)
    const [requeued] = await read()
    expect(requeued?.late).toBeGreaterThanOrEqual(0)
    expect(requeued?.late).toBeLessThan(1)
  })
})

describe('a server that starts', () => {
  it('gives leases that expired while no server ran their time again', async () => {
    const alone = await createTestDatabase()
    const first = await startTestServer({ database: alone })
    const started = await ask(
      first,
      'mutation { startRun(input: { workflow: "delivery", claim: { owner: "w", leaseSeconds: 30 } }) { ... on StartRunSuccess { run { id } } } }',
      { token: first.adminToken },
    )
    const { id } = (started.data as unknown as { startRun: { run: { id: string } } }).startRun.run
    await first.close('test')
    // everybody slept for an hour
    await first.store.pool.query(`UPDATE installation SET tick_at = tick_at - interval '1 hour'`)
    await first.store.pool.query(
      `UPDATE run SET lease_expires_at = lease_expires_at - interval '59 minutes' WHERE id = $1`,
      [id],
    )
    const second = await startTestServer({ database: alone })
    const { data } = await ask(second, `{ run(id: "${id}") { status lease { isLive } } }`, {
      token: second.adminToken,
    })
    expect(data).toEqual({ run: { status: 'RUNNING', lease: { isLive: true } } })
    await Promise.all([first.stop(), second.stop()])
    await alone.drop()
  })
})
