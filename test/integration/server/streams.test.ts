import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, startTestServer, type TestServer } from '../../support/server.ts'
import { askSocket, openSocket } from '../../support/socket.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const START = `mutation { startRun(input: { workflow: "review", claim: { owner: "w", leaseSeconds: 60 } }) {
  ... on StartRunSuccess { run { id } agentToken } } }`
const STATUS = 'subscription ($id: ID!) { runChanged(runId: $id) { status revision } }'

async function startClaimed(): Promise<{ id: string; agentToken: string }> {
  const { data } = await ask(server, START, { token: server.adminToken })
  const { run, agentToken } = (data as unknown as { startRun: { run: { id: string }; agentToken: string } })
    .startRun
  return { id: run.id, agentToken }
}

const revoke = (id: string) =>
  server.store.pool.query('UPDATE token SET revoked_at = now() WHERE id = $1', [id])

/** An event stream as text, piece by piece. */
async function openEvents(token: string, id: string, signal?: AbortSignal) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({ query: STATUS, variables: { id } }),
    ...(signal && { signal }),
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    /** Everything up to and with what is waited for. */
    async readUntil(part: string): Promise<string> {
      while (!text.includes(part)) {
        const { done, value } = await reader.read()
        if (done) throw new Error(`the stream ended with ${text}`)
        text += value
      }
      return text
    },
  }
}

describe('a stream', () => {
  it('is told on what happens, over a socket and as events', async () => {
    const { id } = await startClaimed()
    const socket = await openSocket(server, server.adminToken)
    expect(await askSocket(socket, STATUS, { variables: { id } })).toMatchObject({
      payload: { data: { runChanged: { status: 'RUNNING' } } },
    })
    const events = await openEvents(server.adminToken, id)
    await events.readUntil('RUNNING')

    await ask(server, `mutation { pauseRun(input: { runId: "${id}" }) { __typename } }`, {
      token: server.adminToken,
    })
    expect(await socket.next()).toMatchObject({ payload: { data: { runChanged: { status: 'PAUSED' } } } })
    await events.readUntil('PAUSED')

    await ask(server, `mutation { cancelRun(input: { runId: "${id}" }) { __typename } }`, {
      token: server.adminToken,
    })
    expect(await socket.next()).toMatchObject({ payload: { data: { runChanged: { status: 'CANCELLING' } } } })
    await ask(server, `mutation { confirmCancel(input: { runId: "${id}", fence: 1 }) { __typename } }`, {
      token: server.adminToken,
    })
    expect(await socket.next()).toMatchObject({ payload: { data: { runChanged: { status: 'CANCELLED' } } } })
    expect(await socket.next()).toMatchObject({ type: 'complete' })
    await events.readUntil('event: complete')
    socket.close()
  })

  it('ends when its token is revoked', async () => {
    const { id } = await startClaimed()
    const token = await server.createToken({ role: 'VIEWER' })
    const socket = await openSocket(server, token.secret)
    await askSocket(socket, STATUS, { variables: { id } })
    const events = await openEvents(token.secret, id)
    await events.readUntil('RUNNING')

    await revoke(token.id)
    expect(await socket.closed).toEqual({ code: 4403, reason: 'Token expired or revoked' })
    expect(await events.readUntil('event: complete')).toContain('UNAUTHENTICATED')
  })

  it('ends when its token expires', async () => {
    const { id } = await startClaimed()
    const token = await server.createToken({ role: 'VIEWER', expiresInSeconds: 1 })
    const socket = await openSocket(server, token.secret)
    await askSocket(socket, STATUS, { variables: { id } })
    expect((await socket.closed).code).toBe(4403)
  })

  it('of an agent ends with its claim', async () => {
    const { id, agentToken } = await startClaimed()
    const socket = await openSocket(server, agentToken)
    await askSocket(socket, STATUS, { variables: { id } })
    await ask(server, `mutation { releaseRun(input: { runId: "${id}", fence: 1 }) { __typename } }`, {
      token: server.adminToken,
    })
    expect((await socket.closed).code).toBe(4403)
  })

  it('about a run that is not there, or not theirs, is an error and not a silence', async () => {
    const { id } = await startClaimed()
    const { secret } = await server.createToken({ role: 'VIEWER', projects: ['elsewhere'] })
    const socket = await openSocket(server, secret)
    const missing = 'run_01jd0000000000000000000000'
    for (const [runId, code] of [
      [missing, 'RUN_NOT_FOUND'],
      [id, 'FORBIDDEN'],
    ]) {
      const message = await askSocket(socket, STATUS, { variables: { id: runId } })
      expect(JSON.stringify(message.payload)).toContain(`"code":"${code}"`)
      if (message.type === 'next') expect((await socket.next()).type).toBe('complete')
    }
    socket.close()
  })

  it('is let go of when its reader leaves, without waiting for the next change', async () => {
    const { id } = await startClaimed()
    const count = async () => {
      const text = await (
        await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.adminToken}` } })
      ).text()
      return [...text.matchAll(/^pawl_subscriptions\{transport="\w+"\} (\d+)$/gm)].map(([, number]) =>
        Number(number),
      )
    }
    await expect.poll(count).toEqual([0, 0])
    const controller = new AbortController()
    const events = await openEvents(server.adminToken, id, controller.signal)
    await events.readUntil('RUNNING')
    const [left, closed] = [
      await openSocket(server, server.adminToken),
      await openSocket(server, server.adminToken),
    ]
    await askSocket(left, STATUS, { variables: { id } })
    await askSocket(closed, STATUS, { variables: { id } })
    expect(await count()).toEqual([2, 1])

    controller.abort()
    left.send({ id: '1', type: 'complete' })
    closed.close()
    await expect.poll(count).toEqual([0, 0])
    left.close()
  })
})
