import { PawlAuthError, PawlConnectionError, PawlError, PawlFault, createPawl, unwrap } from '@pawl/sdk'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createCodedError, startScriptedServer } from './scriptedServer.ts'
import type { Script } from './scriptedServer.ts'
import { at, makeDetail, makeRun } from './words.ts'

const retry = { attempts: 4, minDelayMs: 1, maxDelayMs: 5, timeoutMs: 5_000 }

async function startServer(script: Script) {
  const server = await startScriptedServer(script)
  onTestFinished(server.stop)
  return { server, pawl: createPawl({ url: server.url, token: 'pawl_secret', retry }) }
}

/** A server that starts runs as Pawl does: once a key. Says which keys came, and how many runs there are. */
async function startKeyedServer() {
  const keys: string[] = []
  const runs = new Map<string, string>()
  const script: Script = {
    Mutation: {
      startRun: (_, { input }: { input: { idempotencyKey: string } }) => {
        keys.push(input.idempotencyKey)
        const isReplayed = runs.has(input.idempotencyKey)
        const id = runs.get(input.idempotencyKey) ?? `run_${runs.size}`
        runs.set(input.idempotencyKey, id)
        return {
          __typename: 'StartRunSuccess',
          run: makeDetail({ id }),
          lease: null,
          agentToken: null,
          isReplayed,
        }
      },
    },
  }
  return { ...(await startServer(script)), keys, runs }
}

describe('a request', () => {
  it('carries the token and comes back typed', async () => {
    const { server, pawl } = await startServer({
      Query: { viewer: () => ({ name: 'ann', role: 'OPERATOR' }) },
    })
    expect(await pawl.viewer()).toEqual({ name: 'ann', role: 'OPERATOR' })
    expect(server.seen.authorizations).toEqual(['Bearer pawl_secret'])
  })

  it('finds /graphql below the given address, or in it', async () => {
    const { server } = await startServer({ Query: { viewer: () => ({ name: 'ann', role: 'VIEWER' }) } })
    for (const url of [server.url, `${server.url}/`, `${server.url}/graphql`, new URL(server.url)]) {
      expect(await createPawl({ url }).viewer()).toMatchObject({ name: 'ann' })
    }
  })

  it('takes address and token from the environment, as an agent’s process has them', async () => {
    const { server } = await startServer({ Query: { viewer: () => ({ name: 'agent', role: 'AGENT' }) } })
    Object.assign(process.env, { PAWL_URL: server.url, PAWL_TOKEN: 'from-the-environment' })
    onTestFinished(() => {
      delete process.env['PAWL_URL']
      delete process.env['PAWL_TOKEN']
    })
    await createPawl().viewer()
    expect(server.seen.authorizations).toEqual(['Bearer from-the-environment'])
  })

  it('carries the caller’s headers; without a token, one that tells a cookie’s owner from a foreign page', async () => {
    const seen: unknown[] = []
    const fetch: typeof globalThis.fetch = async (_, init) => {
      seen.push(init?.headers)
      return Response.json({ data: { viewer: { name: 'ann', role: 'VIEWER' } } })
    }
    await createPawl({ url: 'http://pawl.test', fetch, headers: { 'x-team': 'a' } }).viewer()
    await createPawl({ url: 'http://pawl.test', fetch, token: 't' }).viewer()
    expect(seen[0]).toMatchObject({ 'x-team': 'a', 'x-pawl-csrf': '1' })
    expect(seen[0]).not.toHaveProperty('authorization')
    expect(seen[1]).toMatchObject({ authorization: 'Bearer t' })
    expect(seen[1]).not.toHaveProperty('x-pawl-csrf')
  })

  it('needs an address', () => {
    expect(() => createPawl()).toThrow(PawlError)
  })

  it('is an array of nodes with its cursors, for lists', async () => {
    const pageInfo = { hasNextPage: true, hasPreviousPage: false, startCursor: 'a', endCursor: 'b' }
    const run = makeRun()
    let given: unknown
    const { pawl } = await startServer({
      Query: {
        runs: (_, fields) => {
          given = fields
          return { nodes: [run], pageInfo, feedCursor: 'feed-1' }
        },
      },
    })
    const page = await pawl.runs.list({ filter: { statuses: ['QUEUED'] }, first: 1 })
    expect(page).toEqual({ nodes: [run], pageInfo, feedCursor: 'feed-1' })
    expect(given).toEqual({
      filter: { statuses: ['QUEUED'] },
      orderBy: { field: 'CREATED', direction: 'DESC' },
      first: 1,
    })
  })
})

describe('a lost answer', () => {
  it('is asked for again under the same key, so that the thing is done once', async () => {
    const { server, pawl, keys, runs } = await startKeyedServer()
    server.faults.lostAnswers = 2
    const success = unwrap(await pawl.runs.start({ workflow: 'review' }))
    expect(success.isReplayed).toBe(true)
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
    expect(runs.size).toBe(1)
  })

  it('is asked for under the caller’s key where there is one', async () => {
    const { server, pawl, keys } = await startKeyedServer()
    server.faults.lostAnswers = 1
    await pawl.runs.start({ workflow: 'review', idempotencyKey: 'pr-31' })
    expect(keys).toEqual(['pr-31', 'pr-31'])
  })

  it('has another key in another call', async () => {
    const { pawl, runs } = await startKeyedServer()
    await pawl.runs.start({ workflow: 'review' })
    await pawl.runs.start({ workflow: 'review' })
    expect(runs.size).toBe(2)
  })

  it('is given up after the given attempts, and the error tells the key to ask again with', async () => {
    const { server, pawl, keys, runs } = await startKeyedServer()
    server.faults.lostAnswers = 4
    const error = await pawl.runs.start({ workflow: 'review' }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PawlConnectionError)
    const { attempts, idempotencyKey } = error as PawlConnectionError
    expect({ attempts, idempotencyKey }).toEqual({ attempts: 4, idempotencyKey: keys[0] })
    const again = await pawl.runs.start({ workflow: 'review', idempotencyKey: idempotencyKey ?? '' })
    expect(unwrap(again).isReplayed).toBe(true)
    expect(runs.size).toBe(1)
  })

  it('that had the secret of a token is repeated without it, so that one token is made', async () => {
    const keys = new Set<string>()
    const of = { principalId: 'prn_1', name: 'ci' }
    const token = { ...of, id: 'tok_1', role: 'WORKER', projects: [], createdAt: 'now' }
    const { server, pawl } = await startServer({
      Mutation: {
        createToken: (_, { input: { idempotencyKey } }) => {
          const isReplayed = keys.has(idempotencyKey)
          keys.add(idempotencyKey)
          return { __typename: 'CreateTokenSuccess', secret: isReplayed ? null : 's', isReplayed, token }
        },
      },
    })
    server.faults.lostAnswers = 1
    const created = unwrap(await pawl.tokens.create({ principal: { name: 'ci' }, role: 'WORKER' }))
    expect(created).toMatchObject({ secret: null, isReplayed: true, token: { id: 'tok_1' } })
    expect(keys.size).toBe(1)
  })

  it('needs no key for a renewal, which may be done twice', async () => {
    const inputs: unknown[] = []
    const { server, pawl } = await startServer({
      Mutation: {
        renewLease: (_, { input }) => {
          inputs.push({ ...input })
          return {
            __typename: 'RenewLeaseSuccess',
            lease: { owner: 'w', fence: 3, expiresAt: null, isLive: true },
            asOf: at(0),
            cancelGraceSeconds: 30,
            directives: [],
          }
        },
      },
    })
    server.faults.lostAnswers = 1
    await pawl.runs.renew('run_01', { fence: 3 })
    expect(inputs).toEqual([
      { runId: 'run_01', fence: 3 },
      { runId: 'run_01', fence: 3 },
    ])
  })
})

describe('a server in trouble', () => {
  it.each([429, 502, 503, 504])('is asked again after %i', async (status) => {
    const { server, pawl } = await startServer({ Query: { viewer: () => ({ name: 'ann', role: 'VIEWER' }) } })
    server.faults.statuses = [status]
    expect(await pawl.viewer()).toMatchObject({ name: 'ann' })
    expect(server.seen.requests).toBe(2)
  })

  it('is asked again while it is contended, and told of when it stays so', async () => {
    let asked = 0
    const { pawl } = await startServer({
      Mutation: {
        pauseRun: () => {
          asked += 1
          throw createCodedError('CONTENDED')
        },
      },
    })
    const error = await pawl.runs.pause('run_01').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PawlFault)
    expect(error).toMatchObject({ code: 'CONTENDED' })
    expect(asked).toBe(4)
  })

  it('is not asked again after a fault of its own, which tells how to find it in the log', async () => {
    const { server, pawl } = await startServer({
      Query: {
        server: () => {
          throw createCodedError('INTERNAL', { correlationId: 'c-17' })
        },
      },
    })
    await expect(pawl.server()).rejects.toMatchObject({
      name: 'PawlFault',
      code: 'INTERNAL',
      correlationId: 'c-17',
    })
    expect(server.seen.requests).toBe(1)
  })

  it('is given up on when it does not answer within the time for an attempt', async () => {
    const { server, pawl } = await startServer({ Query: { viewer: () => new Promise(() => {}) } })
    // long enough for an attempt to arrive, on a busy machine too
    const slow = pawl.viewer({ retry: { attempts: 2, timeoutMs: 500 } })
    await expect(slow).rejects.toMatchObject({ name: 'PawlConnectionError', attempts: 2 })
    expect(server.seen.requests).toBe(2)
  })

  it('is told apart from something else that answers at its address', async () => {
    const { server, pawl } = await startServer({})
    server.faults.statuses = [404]
    await expect(pawl.viewer()).rejects.toMatchObject({ name: 'PawlFault', code: 'HTTP_404' })
  })

  it('is not there', async () => {
    const { server, pawl } = await startServer({})
    await server.stop()
    await expect(pawl.viewer()).rejects.toMatchObject({ name: 'PawlConnectionError', attempts: 4 })
  })
})

describe('a token', () => {
  it('that is refused is an error of its own, and is not tried again', async () => {
    const { server, pawl } = await startServer({})
    server.faults.refusedToken = 'pawl_secret'
    const error = await pawl.viewer().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PawlAuthError)
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', message: 'The token is not valid' })
    expect(server.seen.requests).toBe(1)
  })

  it('that may not do this is FORBIDDEN', async () => {
    const { pawl } = await startServer({
      Query: {
        tokens: () => {
          throw createCodedError('FORBIDDEN')
        },
      },
    })
    await expect(pawl.tokens.list()).rejects.toMatchObject({ name: 'PawlAuthError', code: 'FORBIDDEN' })
  })

  it('from a function is asked for once more when the old one has expired', async () => {
    const { server } = await startServer({ Query: { viewer: () => ({ name: 'ann', role: 'VIEWER' }) } })
    server.faults.refusedToken = 'old'
    const tokens = ['old', 'new']
    const pawl = createPawl({ url: server.url, token: async () => tokens.shift(), retry })
    expect(await pawl.viewer()).toMatchObject({ name: 'ann' })
    expect(server.seen.authorizations).toEqual(['Bearer old', 'Bearer new'])
  })
})

describe('a token from a function', () => {
  it('that keeps being refused is not asked for without end', async () => {
    const { server } = await startServer({})
    server.faults.refusedToken = 'old'
    await expect(createPawl({ url: server.url, token: () => 'old', retry }).viewer()).rejects.toBeInstanceOf(
      PawlAuthError,
    )
    expect(server.seen.requests).toBe(2)
  })
})

describe('the end of an execution', () => {
  it('tells the signal that ended the process, which is not the one that ends the call', async () => {
    const inputs: object[] = []
    const { server, pawl } = await startServer({
      Mutation: {
        finishExecution: (_, { input }) => {
          inputs.push({ ...input })
          return {
            __typename: 'NotFound',
            message: 'No such execution',
            code: 'NOT_FOUND',
            kind: 'EXECUTION',
            id: input.executionId,
          }
        },
      },
    })
    await pawl.executions.finish('exe_1', { signal: 'SIGKILL', idempotencyKey: 'k' })
    expect(inputs).toEqual([{ executionId: 'exe_1', signal: 'SIGKILL', end: 'EXITED', idempotencyKey: 'k' }])
    const aborted = pawl.executions.finish('exe_1', {}, { signal: AbortSignal.abort(new Error('enough')) })
    await expect(aborted).rejects.toThrow('enough')
    expect(server.seen.requests).toBe(1)
  })
})

describe('an AbortSignal', () => {
  it('ends a request at once, with its reason', async () => {
    const { pawl } = await startServer({ Query: { viewer: () => new Promise(() => {}) } })
    const controller = new AbortController()
    const asking = pawl.viewer({ signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(asking).rejects.toThrow('enough')
  })

  it('tells its reason also where there is no other attempt', async () => {
    const { server, pawl } = await startServer({ Query: { viewer: () => new Promise(() => {}) } })
    const controller = new AbortController()
    const asking = pawl
      .viewer({ signal: controller.signal, retry: { attempts: 1 } })
      .catch((error: unknown) => error)
    await expect.poll(() => server.seen.requests, { timeout: 10_000 }).toBe(1)
    controller.abort(new Error('enough'))
    expect(await asking).toEqual(new Error('enough'))
  })

  it('ends the wait for the next attempt at once', async () => {
    const { server, pawl } = await startServer({})
    server.faults.statuses = [503, 503]
    const controller = new AbortController()
    const asking = pawl.viewer({
      signal: controller.signal,
      retry: { minDelayMs: 60_000, maxDelayMs: 60_000 },
    })
    await expect.poll(() => server.seen.requests, { timeout: 10_000 }).toBe(1)
    controller.abort(new Error('enough'))
    await expect(asking).rejects.toThrow('enough')
  })

  it('that has aborted already sends nothing', async () => {
    const { server, pawl } = await startServer({})
    await expect(pawl.viewer({ signal: AbortSignal.abort(new Error('never mind')) })).rejects.toThrow(
      'never mind',
    )
    expect(server.seen.requests).toBe(0)
  })
})

it('counts an empty address or token as not given, in options and environment alike', async () => {
  const seen: (string | undefined)[] = []
  const { server } = await startServer({})
  vi.stubEnv('PAWL_URL', `${server.url}\n`)
  vi.stubEnv('PAWL_TOKEN', 'pawl_from_environment\n')
  onTestFinished(() => void vi.unstubAllEnvs())
  const fetched: typeof fetch = (input, init) => {
    seen.push(new Headers(init?.headers).get('authorization') ?? undefined)
    return fetch(input, init)
  }
  await createPawl({ url: '', token: '', fetch: fetched, retry })
    .viewer()
    .catch(() => undefined)
  expect(seen[0]).toBe('Bearer pawl_from_environment')
  vi.stubEnv('PAWL_URL', ' ')
  expect(() => createPawl({ url: '' })).toThrow('createPawl needs a url')
})
