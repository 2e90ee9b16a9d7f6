import { createPawl, PawlConnectionError, PawlError } from '@pawl/sdk'
import { expect, it } from 'vitest'
import { startScriptedServer } from './scriptedServer.ts'
import { makeFrame } from './words.ts'

/** A socket as a proxy leaves it that lets none through. */
class RefusedSocket {
  static opened = 0
  readonly OPEN = 1
  readonly readyState = 3
  onopen = null
  onmessage = null
  onerror = null
  onclose: ((event: never) => void) | null = null

  constructor() {
    RefusedSocket.opened += 1
    queueMicrotask(() => this.onclose?.({ code: 1006, reason: '' } as never))
  }

  send(): void {}
  close(): void {}
}

it('streams use server-sent events where sockets are refused, say so once, and try no socket again', async () => {
  const server = await startScriptedServer({
    Query: {},
    Subscription: {
      runChanged: {
        async *subscribe() {
          yield makeFrame(2, 'COMPLETED')
        },
      },
    },
  })
  const told: unknown[] = []
  const onFallback = (why: PawlConnectionError) => told.push(why)
  const pawl = createPawl({ url: server.url, token: 't', WebSocket: RefusedSocket, onFallback })
  for (let time = 0; time < 2; time += 1) {
    const { value } = await pawl.runs.watch('run_01').next()
    expect(value).toMatchObject({ status: 'COMPLETED' })
  }
  expect(told).toEqual([expect.any(PawlConnectionError)])
  expect(RefusedSocket.opened).toBe(1)
  await server.stop()
})

it('nothing is said where the server is away altogether', async () => {
  const told: unknown[] = []
  const pawl = createPawl({
    url: 'http://127.0.0.1:1',
    token: 't',
    WebSocket: RefusedSocket,
    onFallback: (why) => told.push(why),
    retry: { attempts: 2, minDelayMs: 1 },
  })
  await expect(pawl.runs.watch('run_01').next()).rejects.toThrow(PawlConnectionError)
  expect(told).toEqual([])
})

it('errors are told apart by their class, whichever copy of the SDK threw them', () => {
  const thrown = new PawlConnectionError('away')
  const elsewhere = Object.defineProperty(new Error('away'), Symbol.for('@pawl/sdk/kinds'), {
    value: ['PawlConnectionError', 'PawlError'],
  })
  class Own extends PawlConnectionError {}
  for (const error of [thrown, elsewhere]) {
    expect(error instanceof PawlConnectionError).toBe(true)
    expect(error instanceof PawlError).toBe(true)
    expect(error instanceof Own).toBe(false)
  }
  expect(new Own('away') instanceof Own).toBe(true)
  expect(new Own('away') instanceof PawlConnectionError).toBe(true)
  expect(new Error('away') instanceof PawlError).toBe(false)
})
