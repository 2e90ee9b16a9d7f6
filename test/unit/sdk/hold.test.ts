import { PawlConnectionError, PawlError, PawlInterruptedError, PawlProblem, createPawl } from '@pawl/sdk'
import type { HoldFields } from '@pawl/sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startScriptedServer } from './scriptedServer.ts'
import { at, makeRun } from './words.ts'

/** Shorter than servers allow, so that the tests are. */
const leaseSeconds = 1

type Answer = 'RENEWED' | 'LOST' | 'SILENT' | 'REFUSED'

/** A server with one lease: says when it was renewed, and answers as it is told. */
async function startLeaseServer() {
  const state = { answer: 'RENEWED' as Answer, directives: ['CONTINUE'], renewals: [] as number[], asked: 0 }
  let tell: (kind: string) => void = () => {}
  const server = await startScriptedServer({
    Mutation: {
      renewLease: async (_, { input }: { input: { runId: string; fence: number; leaseSeconds: number } }) => {
        state.asked += 1
        if (state.answer === 'SILENT') return new Promise(() => {})
        const run = makeRun({ status: 'RUNNING' })
        if (state.answer === 'LOST')
          return { __typename: 'LeaseLost', message: 'gone', run, yourFence: input.fence, currentFence: 9 }
        if (state.answer === 'REFUSED')
          return { __typename: 'Forbidden', message: 'no', requiredRole: 'WORKER' }
        state.renewals.push(performance.now())
        const lease = { owner: 'w', fence: input.fence, expiresAt: at(state.renewals.length), isLive: true }
        return {
          __typename: 'RenewLeaseSuccess',
          lease,
          directives: state.directives.map((kind) => ({ kind })),
        }
      },
    },
    Subscription: {
      directives: {
        async *subscribe() {
          for (;;) yield { kind: await new Promise<string>((resolve) => (tell = resolve)) }
        },
      },
    },
  })
  onTestFinished(server.stop)
  const pawl = createPawl({ url: server.url, WebSocket: false, retry: { minDelayMs: 1, maxDelayMs: 5 } })
  const hold = (fields: Partial<HoldFields> = {}) => {
    const held = pawl.hold({ runId: 'run_01', fence: 3, leaseSeconds, ...fields })
    onTestFinished(() => held.end())
    return held
  }
  return { state, server, pawl, hold, tell: (kind: string) => tell(kind) }
}

function untilAborted(signal: AbortSignal): Promise<PawlInterruptedError> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason as PawlInterruptedError)
    signal.addEventListener('abort', () => resolve(signal.reason as PawlInterruptedError))
  })
}

const patience = { timeout: 5_000 }

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('a hold', () => {
  it('renews at once and then every third of the lease, and tells the new end', async () => {
    const { state, hold } = await startLeaseServer()
    const held = hold({ expiresAt: at(0) })
    expect(held.expiresAt).toBe(at(0))
    await expect.poll(() => state.renewals.length, patience).toBe(4)
    const gaps = state.renewals.slice(1).map((time, index) => time - (state.renewals[index] ?? 0))
    for (const gap of gaps) expect(gap).toBeGreaterThan(leaseSeconds * 1_000 * 0.25)
    expect(held.expiresAt).toBe(at(4))
    expect({ aborted: held.signal.aborted, lost: held.lost, directive: held.directive }).toEqual({
      aborted: false,
      lost: false,
      directive: 'CONTINUE',
    })
  })

  it.each(['PAUSE', 'CANCEL', 'STOP'])(
    'is interrupted by %s as it comes, and goes on renewing',
    async (kind) => {
      const { state, hold, tell } = await startLeaseServer()
      const held = hold()
      await expect.poll(() => state.renewals.length).toBe(1)
      tell(kind)
      const reason = await untilAborted(held.signal)
      expect(reason).toBeInstanceOf(PawlInterruptedError)
      expect([reason.why, held.directive, held.lost]).toEqual([kind, kind, false])
      const count = state.renewals.length
      await expect.poll(() => state.renewals.length).toBeGreaterThan(count)
    },
  )

  it('hears directives with its renewals, where no stream brings them', async () => {
    const { state, hold } = await startLeaseServer()
    state.directives = ['CANCEL']
    const told: string[] = []
    const held = hold({ onDirective: (kind) => told.push(kind) })
    expect((await untilAborted(held.signal)).why).toBe('CANCEL')
    await expect.poll(() => state.renewals.length).toBe(3)
    expect(told).toEqual(['CANCEL'])
  })

  it('tells of a weightier directive after a lighter one, and takes nothing back', async () => {
    const { hold, tell, state } = await startLeaseServer()
    const told: string[] = []
    const held = hold({ onDirective: (kind) => told.push(kind) })
    await expect.poll(() => state.renewals.length).toBe(1)
    for (const kind of ['PAUSE', 'CONTINUE', 'CANCEL', 'PAUSE', 'STOP']) {
      tell(kind)
      await wait(30)
    }
    expect(told).toEqual(['PAUSE', 'CANCEL', 'STOP'])
    expect(held.directive).toBe('STOP')
    expect((held.signal.reason as PawlInterruptedError).why).toBe('PAUSE')
  })

  it('is lost by the server’s word, and asks no more', async () => {
    const { state, hold } = await startLeaseServer()
    state.answer = 'LOST'
    const held = hold()
    expect((await untilAborted(held.signal)).why).toBe('LEASE_LOST')
    expect(held.lost).toBe(true)
    const { asked } = state
    await wait(leaseSeconds * 1_000)
    expect(state.asked).toBe(asked)
  })

  it.each(['SILENT', 'REFUSED'] as const)(
    'stops at two thirds of a lease whose renewals are %s',
    async (answer) => {
      const { state, hold } = await startLeaseServer()
      const held = hold()
      await expect.poll(() => state.renewals.length).toBe(2)
      state.answer = answer
      const { why, cause } = await untilAborted(held.signal)
      const elapsed = performance.now() - (state.renewals.at(-1) ?? 0)
      expect(why).toBe('NOT_RENEWED')
      expect(cause).toBeInstanceOf(answer === 'SILENT' ? PawlConnectionError : PawlProblem)
      expect(elapsed).toBeGreaterThan(leaseSeconds * 1_000 * 0.6)
      expect(elapsed).toBeLessThan(leaseSeconds * 1_000)
      expect(held.lost).toBe(false)
      await expect.poll(() => held.lost).toBe(true)
    },
  )

  it('lives through trouble that is shorter than two thirds of the lease', async () => {
    const { state, server, hold } = await startLeaseServer()
    const held = hold()
    await expect.poll(() => state.renewals.length).toBe(1)
    server.faults.statuses = [503, 503]
    server.dropConnections()
    await expect.poll(() => state.renewals.length, patience).toBe(4)
    expect(held.signal.aborted).toBe(false)
  })

  it('gives a process that was frozen a chance to renew', async () => {
    const { state, hold } = await startLeaseServer()
    const held = hold()
    await expect.poll(() => state.renewals.length).toBe(2)
    // The whole process stands still, past the end of its lease.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500)
    await expect.poll(() => state.renewals.length).toBeGreaterThan(3)
    expect(held.signal.aborted).toBe(false)
  })

  it('stops a process that was frozen and then can’t renew', async () => {
    const { state, hold } = await startLeaseServer()
    const held = hold()
    await expect.poll(() => state.renewals.length).toBe(2)
    state.answer = 'SILENT'
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000)
    const woken = performance.now()
    expect((await untilAborted(held.signal)).why).toBe('NOT_RENEWED')
    expect(performance.now() - woken).toBeLessThan(leaseSeconds * 1_000)
  })

  it('asks for nothing more once it has ended', async () => {
    const { state, hold } = await startLeaseServer()
    const held = hold()
    await expect.poll(() => state.renewals.length).toBe(1)
    held.end()
    const { asked } = state
    await wait(leaseSeconds * 1_000)
    expect(state.asked).toBe(asked)
    expect(held.signal.aborted).toBe(false)
  })

  it('needs a lease that expires', async () => {
    const { hold } = await startLeaseServer()
    expect(() => hold({ leaseSeconds: 0 })).toThrow(PawlError)
  })
})
