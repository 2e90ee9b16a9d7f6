import { createPawl, PawlAuthError, PawlFault, unwrap } from '@pawl/sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCodedError, startScriptedServer } from './scriptedServer.ts'
import { makeDetail } from './words.ts'

const retry = { attempts: 4, minDelayMs: 1, maxDelayMs: 5, timeoutMs: 5_000 }

/** A server that starts runs as Pawl does, once a key, and a client whose requests carry several operations. */
async function startServer() {
  /** The key of each start that arrived. */
  const keys: string[] = []
  const runs = new Map<string, string>()
  const contended = new Set<string>()
  const server = await startScriptedServer({
    Query: { viewer: () => ({ name: 'ann', role: 'OPERATOR' }) },
    Mutation: {
      startRun: (_, { input }: { input: { idempotencyKey: string; title?: string } }) => {
        const { idempotencyKey: key, title } = input
        keys.push(key)
        if (title === 'invalid') throw createCodedError('BAD_USER_INPUT')
        if (contended.delete(String(title))) throw createCodedError('CONTENDED')
        const isReplayed = runs.has(key)
        const id = runs.get(key) ?? `run_${runs.size}`
        runs.set(key, id)
        const run = makeDetail({ id, title: title ?? null })
        return { __typename: 'StartRunSuccess', run, lease: null, agentToken: null, isReplayed }
      },
    },
  })
  onTestFinished(server.stop)
  const pawl = createPawl({ url: server.url, token: 'pawl_secret', batch: true, retry })
  const start = async (title: string) => unwrap(await pawl.runs.start({ workflow: 'review', title }))
  return { server, pawl, start, keys, runs, contended }
}

const titles = (count: number) => Array.from({ length: count }, (_, place) => `title ${place}`)

describe('operations of one moment', () => {
  it('share requests, ten at most, and each has its own answer', async () => {
    const { server, start, runs } = await startServer()
    const answers = await Promise.all(titles(25).map(start))
    expect(answers.map(({ run }) => run?.title)).toEqual(titles(25))
    expect(server.seen.requests).toBe(3)
    expect(runs.size).toBe(25)
  })

  it('are sent like any other if there is only one', async () => {
    const { server, pawl, start } = await startServer()
    expect((await start('alone')).run?.title).toBe('alone')
    expect(await pawl.viewer()).toEqual({ name: 'ann', role: 'OPERATOR' })
    expect(server.seen.requests).toBe(2)
  })

  it('leave a long one to a request of its own', async () => {
    const { server, start } = await startServer()
    const long = 'x'.repeat(300_000)
    const answers = await Promise.all([start('a'), start(long), start('b'), start('c')])
    expect(answers.map(({ run }) => run?.title)).toEqual(['a', long, 'b', 'c'])
    expect(server.seen.requests).toBe(3)
  })

  it('fail each for itself', async () => {
    const { server, start, runs } = await startServer()
    const [first, second, third] = await Promise.allSettled([start('a'), start('invalid'), start('c')])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'BAD_USER_INPUT' } })
    expect(second.status === 'rejected' && second.reason).toBeInstanceOf(PawlFault)
    expect(third.status).toBe('fulfilled')
    expect(server.seen.requests).toBe(1)
    expect(runs.size).toBe(2)
  })

  it('are tried again each for itself', async () => {
    const { start, keys, contended } = await startServer()
    contended.add('b')
    const answers = await Promise.all(['a', 'b', 'c'].map(start))
    expect(answers.map(({ isReplayed }) => isReplayed)).toEqual([false, false, false])
    expect(keys).toHaveLength(4)
    expect(new Set(keys).size).toBe(3)
  })

  it('are all asked for again, under their keys, when the answer is lost', async () => {
    const { server, start, keys, runs } = await startServer()
    server.faults.lostAnswers = 1
    const answers = await Promise.all(['a', 'b', 'c'].map(start))
    expect(answers.map(({ isReplayed }) => isReplayed)).toEqual([true, true, true])
    expect(keys).toHaveLength(6)
    expect(runs.size).toBe(3)
  })

  it('are all refused with their request', async () => {
    const { server, start } = await startServer()
    server.faults.refusedToken = 'pawl_secret'
    const all = await Promise.allSettled([start('a'), start('b')])
    for (const each of all) {
      expect(each.status === 'rejected' && each.reason).toBeInstanceOf(PawlAuthError)
    }
  })

  it('end each by its own signal', async () => {
    const { pawl, start, runs } = await startServer()
    const controller = new AbortController()
    const { signal } = controller
    const given = pawl.runs.start({ workflow: 'review', title: 'given up', signal })
    const kept = start('kept')
    controller.abort(new Error('changed my mind'))
    await expect(given).rejects.toThrow('changed my mind')
    expect((await kept).run?.title).toBe('kept')
    expect(runs.size).toBe(1)
  })

  it('give up each at its own deadline', async () => {
    const fetch = () => new Promise<Response>(() => undefined)
    const pawl = createPawl({ url: 'http://pawl.test', fetch, batch: true, retry: { attempts: 1 } })
    const short = pawl.viewer({ retry: { timeoutMs: 5 } })
    const long = pawl.viewer({ retry: { timeoutMs: 50 } })
    const order: string[] = []
    await Promise.allSettled([long.catch(() => order.push('long')), short.catch(() => order.push('short'))])
    expect(order).toEqual(['short', 'long'])
  })

  it('fail at once where they can’t be sent', async () => {
    const { pawl, start } = await startServer()
    const impossible = pawl.runs.start({ workflow: 'review', input: { size: Number.NaN } })
    const possible = start('a')
    await expect(impossible).rejects.toThrow('a number that JSON does not have')
    expect((await possible).run?.title).toBe('a')
  })
})
