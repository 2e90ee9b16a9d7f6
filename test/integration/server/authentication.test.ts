import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../src/commands/kit/ids.ts'
import { createAgentTokens } from '../../../src/server/auth/agentTokens.ts'
import { readInstallation } from '../../../src/store/account/readInstallation.ts'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'
import { askSocket, openRawSocket, openSocket } from '../../support/socket.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const VIEWER = '{ viewer { name role } }'
const START = `mutation ($input: StartRunInput!) {
  startRun(input: $input) { __typename ... on StartRunSuccess { run { id } agentToken } ... on Forbidden { message requiredRole } }
}`

interface Started {
  readonly startRun: {
    readonly __typename: string
    readonly run: { readonly id: string }
    readonly agentToken: string
  }
}

/** Starts a run and claims it for an agent. */
async function startClaimed() {
  const { data } = await ask(server, START, {
    token: server.adminToken,
    variables: { input: { workflow: 'review', claim: { owner: 'worker', leaseSeconds: 60 } } },
  })
  const { run, agentToken } = (data as unknown as Started).startRun
  return { runId: run.id, agentToken }
}

const release = (runId: string, token: string) =>
  ask(server, 'mutation ($input: ReleaseRunInput!) { releaseRun(input: $input) { __typename } }', {
    token,
    variables: { input: { runId, fence: 1 } },
  })

describe('without a valid token', () => {
  const malformed = ['', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a b', 'pawl_x']

  it('HTTP answers 401, whatever is sent', async () => {
    const unknown = [`pawl_${'x'.repeat(43)}`, 'x', newId('token'), 'pawl_agt_x']
    for (const authorization of [...malformed, ...unknown.map((token) => `Bearer ${token}`)]) {
      const answer = await ask(server, VIEWER, { headers: { authorization } })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
      expect(answer.errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED')
      expect(answer.data).toBeUndefined()
    }
    expect((await ask(server, VIEWER)).status).toBe(401)
  })

  it('a GET is answered no better', async () => {
    const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent(VIEWER)}`)
    expect(response.status).toBe(401)
  })

  it('a socket is closed with 4403', async () => {
    const payloads = [
      undefined,
      {},
      { authorization: 'Bearer x' },
      { authorization: 7 },
      { authorization: { a: 1 } },
    ]
    for (const payload of payloads) {
      const socket = await openRawSocket(server)
      socket.send({ type: 'connection_init', payload })
      expect((await socket.closed).code).toBe(4403)
    }
  })

  it('nothing is executed on a socket before it was introduced', async () => {
    const socket = await openRawSocket(server)
    socket.send({ id: '1', type: 'subscribe', payload: { query: VIEWER } })
    expect((await socket.closed).code).toBe(4401)
  })

  it('a socket that does not introduce itself is closed', async () => {
    const socket = await openRawSocket(server)
    expect((await socket.closed).code).toBe(4408)
  })
})

describe('with a token', () => {
  it('the caller is who the token says, over HTTP and over a socket', async () => {
    for (const role of ['VIEWER', 'OPERATOR', 'WORKER', 'ADMIN'] as const) {
      const { secret } = await server.createToken({ role, name: `a ${role}` })
      const viewer = { name: `a ${role}`, role }
      expect((await ask(server, VIEWER, { token: secret })).data).toEqual({ viewer })
      const socket = await openSocket(server, secret)
      expect(await askSocket(socket, VIEWER)).toMatchObject({ type: 'next', payload: { data: { viewer } } })
      socket.close()
    }
  })

  it('the role holds over HTTP and over a socket', async () => {
    const { secret } = await server.createToken({ role: 'VIEWER' })
    const variables = { input: { workflow: 'review' } }
    const forbidden = { startRun: { __typename: 'Forbidden', requiredRole: 'OPERATOR' } }
    expect((await ask(server, START, { token: secret, variables })).data).toMatchObject(forbidden)
    const socket = await openSocket(server, secret)
    expect(await askSocket(socket, START, { variables })).toMatchObject({ payload: { data: forbidden } })
    socket.close()
  })

  it('what expired or was revoked is refused', async () => {
    const brief = await server.createToken({ role: 'VIEWER', expiresInSeconds: 3 })
    expect((await ask(server, VIEWER, { token: brief.secret })).status).toBe(200)
    const revoked = await server.createToken({ role: 'VIEWER' })
    await ask(server, 'mutation ($id: ID!) { revokeToken(input: { tokenId: $id }) { __typename } }', {
      token: server.adminToken,
      variables: { id: revoked.id },
    })
    await delay(3_000)
    for (const { secret } of [brief, revoked]) {
      expect((await ask(server, VIEWER, { token: secret })).status).toBe(401)
      const socket = await openRawSocket(server)
      socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${secret}` } })
      expect((await socket.closed).code).toBe(4403)
    }
  })

  it('an operation on a socket is refused at once when its token was revoked', async () => {
    const countRuns = async () => (await server.store.pool.query('SELECT FROM run')).rowCount
    const before = await countRuns()
    const { id, secret } = await server.createToken({ role: 'ADMIN' })
    const socket = await openSocket(server, secret)
    await server.store.pool.query('UPDATE token SET revoked_at = now() WHERE id = $1', [id])
    socket.send({
      id: '1',
      type: 'subscribe',
      payload: { query: START, variables: { input: { workflow: 'review' } } },
    })
    expect((await socket.closed).code).toBe(4403)
    expect(await countRuns()).toBe(before)
  })
})

describe('with an AGENT token', () => {
  it('an agent sees and drives its own run, and nothing else', async () => {
    const { runId, agentToken } = await startClaimed()
    const other = await startClaimed()
    const seen = await ask(server, '{ viewer { role } runs { edges { node { id } } } }', {
      token: agentToken,
    })
    expect(seen.data).toEqual({ viewer: { role: 'AGENT' }, runs: { edges: [{ node: { id: runId } }] } })

    const start = 'mutation ($id: ID!) { startPhase(input: { runId: $id, phase: "context" }) { __typename } }'
    const own = await ask(server, start, { token: agentToken, variables: { id: runId } })
    expect(own.data).toEqual({ startPhase: { __typename: 'StartPhaseSuccess' } })
    const foreign = await ask(server, start, { token: agentToken, variables: { id: other.runId } })
    expect(foreign.data).toEqual({ startPhase: { __typename: 'Forbidden' } })
    const begun = await ask(server, START, {
      token: agentToken,
      variables: { input: { workflow: 'review' } },
    })
    expect(begun.data).toMatchObject({ startRun: { __typename: 'Forbidden' } })
  })

  it('the token of a claim that is over reads nothing, and drives nothing any more', async () => {
    const { runId, agentToken } = await startClaimed()
    expect((await release(runId, server.adminToken)).data).toEqual({
      releaseRun: { __typename: 'ReleaseRunSuccess' },
    })

    const read = await ask(server, '{ runs { edges { node { id } } } }', { token: agentToken })
    expect(read.errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED')
    const drive = 'mutation ($id: ID!) { startPhase(input: { runId: $id, phase: "context" }) { __typename } }'
    const late = await ask(server, drive, { token: agentToken, variables: { id: runId } })
    expect(late.data).toEqual({ startPhase: { __typename: 'LeaseLost' } })
    const socket = await openRawSocket(server)
    socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${agentToken}` } })
    expect((await socket.closed).code).toBe(4403)
  })

  it('a lost answer to its last mutation can be asked for again', async () => {
    const { runId, agentToken } = await startClaimed()
    const fail = `mutation ($id: ID!) {
      failRun(input: { runId: $id, error: "x", idempotencyKey: "k" }) { __typename ... on FailRunSuccess { isReplayed } }
    }`
    const ended = (isReplayed: boolean) => ({ failRun: { __typename: 'FailRunSuccess', isReplayed } })
    const asked = { token: agentToken, variables: { id: runId } }
    expect((await ask(server, fail, asked)).data).toEqual(ended(false))
    expect((await ask(server, fail, asked)).data).toEqual(ended(true))
  })

  it('one that this installation did not sign, or for a claim that never was, is refused', async () => {
    const { runId } = await startClaimed()
    const { secret } = await readInstallation(server.store.pool)
    const forged = createAgentTokens('other').mint(runId, 1)
    expect((await ask(server, VIEWER, { token: forged })).status).toBe(401)
    const future = createAgentTokens(secret).mint(runId, 2)
    const answer = await ask(server, VIEWER, { token: future })
    expect(answer.errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED')
  })
})

it('never logs a token', async () => {
  await ask(server, VIEWER, { token: server.adminToken })
  const all = server.logged.join('')
  expect(all).not.toContain(server.adminToken)
  expect(all).not.toMatch(/pawl_[A-Za-z0-9]{16}/)
  expect(all).not.toContain('code=')
})
