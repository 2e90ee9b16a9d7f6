import { PawlConnectionError, PawlError, PawlInterruptedError, PawlProblem, createPawl } from '@pawl/sdk'
import type { KeepLeaseFields } from '@pawl/sdk'
import { LeaseKeeper } from '../../../sdk/worker/leaseKeeper.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { at, makeMessage, makeRun } from './words.ts'

const SECOND = 1_000
const leaseSeconds = 30

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** How the server answers a renewal: as it should, not at all, or with a refusal. */
type Answer = 'RENEWED' | 'LOST' | 'SETTLED' | 'SILENT' | 'REFUSED' | 'DOWN'

/** A kept lease whose server is the test, on a clock that is the test's. */
function startKeeper(fields: Partial<KeepLeaseFields> = {}) {
  const server = {
    answer: 'RENEWED' as Answer,
    directives: ['CONTINUE'],
    messages: [] as string[],
    asked: 0,
    renewals: [] as number[],
    delayMs: 0,
    /** How long a renewed lease lasts by the server's clock. */
    lastsSeconds: leaseSeconds,
    cancelGraceSeconds: 30,
  }
  let directives: ReadableStreamDefaultController<Uint8Array> | undefined

  function answerRenewal(fence: number): object {
    if (server.answer === 'LOST') {
      const run = makeRun({ status: 'RUNNING' })
      return { __typename: 'LeaseLost', message: 'gone', run, yourFence: fence, currentFence: 9 }
    }
    if (server.answer === 'SETTLED') {
      const run = makeRun({ status: 'FAILED' })
      return { __typename: 'RunNotActive', message: 'over', run, status: 'FAILED', directive: 'STOP' }
    }
    if (server.answer === 'REFUSED') return { __typename: 'Forbidden', message: 'no', requiredRole: 'WORKER' }
    server.renewals.push(performance.now())
    const renewed = server.renewals.length
    const lease = { owner: 'w', fence, expiresAt: at(renewed), isLive: true }
    const asOf = at(renewed - server.lastsSeconds * SECOND)
    const told = [...server.directives.map((kind) => ({ kind })), ...server.messages.map(tellOf)]
    const { cancelGraceSeconds } = server
    return { __typename: 'RenewLeaseSuccess', lease, asOf, cancelGraceSeconds, directives: told }
  }

  const fetch = async (_: unknown, { body, signal }: RequestInit = {}) => {
    signal?.throwIfAborted()
    const { query, variables } = JSON.parse(String(body)) as {
      query: string
      variables: { input: { fence: number } }
    }
    if (query.startsWith('subscription')) {
      const stream = new ReadableStream<Uint8Array>({ start: (controller) => void (directives = controller) })
      signal?.addEventListener('abort', () => directives?.error(signal.reason))
      return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
    }
    server.asked += 1
    if (server.answer === 'DOWN') throw new TypeError('fetch failed')
    if (server.answer === 'SILENT') {
      return new Promise<Response>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      })
    }
    const renewLease = answerRenewal(variables.input.fence)
    if (server.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, server.delayMs))
    return Response.json({ data: { renewLease } })
  }

  const pawl = createPawl({
    url: 'http://pawl.test',
    fetch: fetch,
    WebSocket: false,
  })
  const keeper = new LeaseKeeper(pawl.runs, { runId: 'run_01', fence: 3, leaseSeconds, ...fields })
  const tell = async (told: string | object) => {
    const directive = typeof told === 'string' ? { kind: told } : told
    const data = JSON.stringify({ data: { directiveIssued: directive } })
    directives?.enqueue(new TextEncoder().encode(`event: next\ndata: ${data}\n\n`))
    await vi.advanceTimersByTimeAsync(0)
  }
  const why = () => (keeper.signal.aborted ? (keeper.signal.reason as PawlInterruptedError).why : undefined)
  return { keeper, server, tell, why }
}

/** A directive that brings a message. */
const tellOf = (id: string) => ({ kind: 'MESSAGE', message: makeMessage({ id }) })

/** Lets time pass in which nothing of this process runs. */
function freeze(milliseconds: number): void {
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + milliseconds)
}

describe('a lease keeper', () => {
  it('renews at once and then every third of the lease, and tells the new end', async () => {
    const { keeper, server } = startKeeper({ expiresAt: at(0) })
    expect(keeper.expiresAt).toBe(at(0))
    const begun = performance.now()
    await vi.advanceTimersByTimeAsync(35 * SECOND)
    expect(server.renewals.map((time) => time - begun)).toEqual([0, 10 * SECOND, 20 * SECOND, 30 * SECOND])
    expect(keeper.expiresAt).toBe(at(4))
    expect([keeper.signal.aborted, keeper.lost, keeper.directive]).toEqual([false, false, 'CONTINUE'])
    keeper.end()
  })

  it('looks at least every third of the time it has to confirm a cancel, whatever its lease', async () => {
    const { keeper, server } = startKeeper({ leaseSeconds: 3_600 })
    server.lastsSeconds = 3_600
    await vi.advanceTimersByTimeAsync(0)
    const begun = server.renewals[0] ?? 0
    await vi.advanceTimersByTimeAsync(25 * SECOND)
    expect(server.renewals.map((time) => time - begun)).toEqual([0, 10 * SECOND, 20 * SECOND])
    keeper.end()
  })

  it('lasts no longer than the server says, where a cancel bounds it', async () => {
    const { keeper, server } = startKeeper()
    server.lastsSeconds = 12
    await vi.advanceTimersByTimeAsync(SECOND)
    expect(keeper.remainingMs).toBe(11 * SECOND)
    server.answer = 'DOWN'
    await vi.advanceTimersByTimeAsync(11 * SECOND + 1)
    expect([keeper.lost, keeper.remainingMs]).toEqual([true, 0])
    keeper.end()
  })

  it('stops where the run settled under it: it keeps what it holds, and renews no more', async () => {
    const { keeper, server, why } = startKeeper()
    await vi.advanceTimersByTimeAsync(SECOND)
    server.answer = 'SETTLED'
    await vi.advanceTimersByTimeAsync(10 * SECOND)
    expect([why(), keeper.directive, keeper.lost]).toEqual(['STOP', 'STOP', false])
    const asked = server.asked
    await vi.advanceTimersByTimeAsync(10 * SECOND)
    expect([server.asked, keeper.lost]).toEqual([asked, false])
    await vi.advanceTimersByTimeAsync(10 * SECOND)
    expect(keeper.lost).toBe(true)
    keeper.end()
  })

  it.each(['PAUSE', 'CANCEL', 'STOP'])(
    'is interrupted by %s as it comes, and goes on renewing',
    async (kind) => {
      const { keeper, server, tell, why } = startKeeper()
      await vi.advanceTimersByTimeAsync(SECOND)
      await tell(kind)
      expect(keeper.signal.reason).toBeInstanceOf(PawlInterruptedError)
      expect([why(), keeper.directive, keeper.lost]).toEqual([kind, kind, false])
      await vi.advanceTimersByTimeAsync(30 * SECOND)
      expect(server.renewals).toHaveLength(4)
      keeper.end()
    },
  )

  it('hears directives with its renewals, where no stream brings them', async () => {
    const told: string[] = []
    const { keeper, server, why } = startKeeper({ onDirective: (kind) => told.push(kind) })
    await vi.advanceTimersByTimeAsync(SECOND)
    server.directives = ['CANCEL']
    await vi.advanceTimersByTimeAsync(30 * SECOND)
    expect([why(), told]).toEqual(['CANCEL', ['CANCEL']])
    keeper.end()
  })

  it('reports a weightier directive after a lighter one, takes nothing back, and passes over what it does not know', async () => {
    const told: string[] = []
    const { keeper, tell, why } = startKeeper({ onDirective: (kind) => told.push(kind) })
    await vi.advanceTimersByTimeAsync(SECOND)
    for (const kind of ['MESSAGE', 'PAUSE', 'CONTINUE', 'CANCEL', 'PAUSE', 'STOP']) await tell(kind)
    expect(told).toEqual(['PAUSE', 'CANCEL', 'STOP'])
    expect([why(), keeper.directive]).toEqual(['PAUSE', 'STOP'])
    keeper.end()
  })

  it('gives each message once, whether its stream or its renewals bring it, and how often', async () => {
    const told: string[] = []
    const { keeper, server, tell, why } = startKeeper({ onMessage: ({ id }) => told.push(id) })
    await vi.advanceTimersByTimeAsync(SECOND)
    await tell(tellOf('msg_1'))
    server.messages = ['msg_1', 'msg_2']
    await vi.advanceTimersByTimeAsync(20 * SECOND)
    await tell(tellOf('msg_2'))
    await tell(tellOf('msg_3'))
    expect(told).toEqual(['msg_1', 'msg_2', 'msg_3'])
    expect([why(), keeper.directive]).toEqual([undefined, 'CONTINUE'])
    keeper.end()
  })

  it('gives its messages to every reader from the first on, and ends them with itself', async () => {
    const { keeper, tell } = startKeeper()
    const read = async () => {
      const ids: string[] = []
      for await (const { id } of keeper.messages) ids.push(id)
      return ids
    }
    const early = read()
    await vi.advanceTimersByTimeAsync(SECOND)
    await tell(tellOf('msg_1'))
    const late = read()
    await tell(tellOf('msg_2'))
    keeper.end()
    expect(await Promise.all([early, late, read()])).toEqual([
      ['msg_1', 'msg_2'],
      ['msg_1', 'msg_2'],
      ['msg_1', 'msg_2'],
    ])
  })

  it('ends its messages when the owner has to stop: the next one gets them', async () => {
    const told: string[] = []
    const { keeper, tell } = startKeeper({ onMessage: ({ id }) => told.push(id) })
    await vi.advanceTimersByTimeAsync(SECOND)
    await tell('PAUSE')
    await tell(tellOf('msg_1'))
    for await (const { id } of keeper.messages) told.push(id)
    expect(told).toEqual([])
    keeper.end()
  })

  it('is lost by the server’s word, and asks no more', async () => {
    const { keeper, server, why } = startKeeper()
    server.answer = 'LOST'
    await vi.advanceTimersByTimeAsync(0)
    expect([why(), keeper.lost]).toEqual(['LEASE_LOST', true])
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(60 * SECOND)
    expect(server.asked).toBe(1)
  })

  it.each([
    ['SILENT', PawlConnectionError],
    ['DOWN', PawlConnectionError],
    ['REFUSED', PawlProblem],
  ] as const)(
    'stops at two thirds of a lease whose renewals are %s, and says of what',
    async (answer, cause) => {
      const { keeper, server, why } = startKeeper()
      await vi.advanceTimersByTimeAsync(9 * SECOND)
      server.answer = answer
      // The last renewal that succeeded was sent at 0.
      await vi.advanceTimersByTimeAsync(10.9 * SECOND)
      expect(why()).toBeUndefined()
      await vi.advanceTimersByTimeAsync(0.2 * SECOND)
      expect([why(), keeper.lost]).toEqual(['NOT_RENEWED', false])
      expect((keeper.signal.reason as PawlInterruptedError).cause).toBeInstanceOf(cause)
      expect(server.asked).toBeGreaterThan(2)
      await vi.advanceTimersByTimeAsync(10 * SECOND)
      expect(keeper.lost).toBe(true)
      keeper.end()
    },
  )

  it('counts the lease from when a renewal was sent, not from when it was answered', async () => {
    const { keeper, server, why } = startKeeper()
    server.delayMs = 4 * SECOND
    await vi.advanceTimersByTimeAsync(15 * SECOND)
    server.answer = 'DOWN'
    // Sent at 10, answered at 14.
    await vi.advanceTimersByTimeAsync(14.9 * SECOND)
    expect(why()).toBeUndefined()
    await vi.advanceTimersByTimeAsync(0.2 * SECOND)
    expect([why(), keeper.lost]).toEqual(['NOT_RENEWED', false])
    await vi.advanceTimersByTimeAsync(10 * SECOND)
    expect(keeper.lost).toBe(true)
    keeper.end()
  })

  it.each(['SILENT', 'DOWN'] as const)(
    'lives through a server that is %s for less than that',
    async (answer) => {
      const { keeper, server, why } = startKeeper()
      await vi.advanceTimersByTimeAsync(9 * SECOND)
      server.answer = answer
      await vi.advanceTimersByTimeAsync(5 * SECOND)
      server.answer = 'RENEWED'
      await vi.advanceTimersByTimeAsync(60 * SECOND)
      expect([why(), keeper.lost]).toEqual([undefined, false])
      keeper.end()
    },
  )

  it('has a chance to renew when its process was frozen', async () => {
    const { keeper, why } = startKeeper()
    await vi.advanceTimersByTimeAsync(19 * SECOND)
    freeze(3_600 * SECOND)
    // Every timer that came due meanwhile goes off at once, before any answer can come.
    vi.advanceTimersByTime(12 * SECOND)
    expect([why(), keeper.lost]).toEqual([undefined, true])
    await vi.advanceTimersByTimeAsync(60 * SECOND)
    expect([why(), keeper.lost]).toEqual([undefined, false])
    keeper.end()
  })

  it('stops soon when its process was frozen and it can’t renew', async () => {
    const { keeper, server, why } = startKeeper()
    await vi.advanceTimersByTimeAsync(19 * SECOND)
    server.answer = 'SILENT'
    freeze(3_600 * SECOND)
    vi.advanceTimersByTime(12 * SECOND)
    await vi.advanceTimersByTimeAsync(1.9 * SECOND)
    expect(why()).toBe('NOT_RENEWED')
    keeper.end()
  })

  it('asks for nothing more once it has ended, and leaves no timer behind', async () => {
    const { keeper, server } = startKeeper()
    await vi.advanceTimersByTimeAsync(15 * SECOND)
    keeper.end()
    await vi.advanceTimersByTimeAsync(60 * SECOND)
    expect([server.asked, keeper.signal.aborted]).toEqual([2, false])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('needs a lease that expires', () => {
    expect(() => startKeeper({ leaseSeconds: 0 })).toThrow(PawlError)
  })
})
