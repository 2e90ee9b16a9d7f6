import { createPawl } from '@pawl/sdk'
import type { SocketConstructor } from '@pawl/sdk'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeFrame } from './words.ts'

const retry = { attempts: 2, minDelayMs: 1, maxDelayMs: 1 }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Waits until what the stream needs is loaded, which takes real time. */
async function load(): Promise<void> {
  await vi.dynamicImportSettled()
  await vi.advanceTimersByTimeAsync(0)
}

/** A socket whose other end is the test. */
class FakeSocket {
  static readonly opened: FakeSocket[] = []
  readonly OPEN = 1
  readyState = 0
  readonly sent: { type: string; id?: string; payload?: unknown }[] = []
  closedWith: number | undefined
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onerror: (() => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null

  constructor() {
    FakeSocket.opened.push(this)
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data) as never)
  }

  close(code: number): void {
    this.closedWith = code
    this.readyState = 3
  }

  /** Opens, and accepts the connection. */
  async accept(): Promise<void> {
    this.readyState = this.OPEN
    this.onopen?.()
    await vi.advanceTimersByTimeAsync(0)
    this.tell({ type: 'connection_ack' })
  }

  tell(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
}

function watchOverSocket() {
  FakeSocket.opened.length = 0
  const pawl = createPawl({
    url: 'http://pawl.test',
    token: 'pawl_secret',
    WebSocket: FakeSocket as SocketConstructor,
    // no request reaches the server either
    fetch: () => Promise.reject(new TypeError('fetch failed')),
    retry,
  })
  const frames = pawl.runs.watch('run_01')
  const next = frames.next()
  return { frames, next, sockets: FakeSocket.opened }
}

describe('a socket', () => {
  it('introduces itself, subscribes when it is accepted, and answers pings', async () => {
    const { next, sockets } = watchOverSocket()
    await load()
    await vi.advanceTimersByTimeAsync(0)
    await sockets[0]?.accept()
    sockets[0]?.tell({ type: 'ping' })
    expect(sockets[0]?.sent.map(({ type }) => type)).toEqual(['connection_init', 'subscribe', 'pong'])
    expect(sockets[0]?.sent[0]?.payload).toEqual({ authorization: 'Bearer pawl_secret' })
    const { run: _, ...frame } = makeFrame(1)
    sockets[0]?.tell({ type: 'next', id: sockets[0].sent[1]?.id, payload: { data: { runChanged: frame } } })
    expect(await next).toEqual({ done: false, value: frame })
  })

  it('is given up when the server does not accept it, and opened again', async () => {
    const { next, sockets } = watchOverSocket()
    await load()
    const given = next.catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(9_900)
    expect(sockets).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1_000)
    await load()
    await vi.advanceTimersByTimeAsync(10_000)
    await load()
    expect(sockets.map((socket) => socket.closedWith)).toEqual([1000, 1000])
    expect(await given).toMatchObject({ name: 'PawlConnectionError', attempts: 2 })
  })

  it('is given up when the server has fallen silent, and opened again', async () => {
    const { sockets } = watchOverSocket()
    await load()
    await vi.advanceTimersByTimeAsync(0)
    await sockets[0]?.accept()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(sockets[0]?.sent.at(-1)?.type).toBe('ping')
    sockets[0]?.tell({ type: 'pong' })
    await vi.advanceTimersByTimeAsync(29_000)
    expect(sockets).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(sockets[0]?.closedWith).toBe(1000)
    expect(sockets).toHaveLength(2)
  })

  it('is given up when the server speaks no GraphQL', async () => {
    const { next, sockets } = watchOverSocket()
    await load()
    const given = next.catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(0)
    sockets[0]?.onmessage?.({ data: 'hello' })
    expect(await given).toMatchObject({ name: 'PawlFault', code: 'SOCKET_MESSAGE' })
    expect(sockets[0]?.closedWith).toBe(1000)
  })

  it('leaves no timer behind', async () => {
    const { frames, sockets } = watchOverSocket()
    await load()
    await vi.advanceTimersByTimeAsync(0)
    await sockets[0]?.accept()
    await frames.return?.()
    expect(sockets[0]?.sent.at(-1)?.type).toBe('complete')
    expect(sockets[0]?.closedWith).toBe(1000)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a stream of server-sent events', () => {
  /** A server that opens streams, whose bytes the test writes. */
  function watchOverHttp() {
    const streams: ReadableStreamDefaultController<Uint8Array>[] = []
    const fetch = async (_: unknown, { signal }: RequestInit = {}) => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          streams.push(controller)
          signal?.addEventListener('abort', () => {
            // A stream that has ended by itself can't fail any more.
            if (controller.desiredSize !== null) controller.error(signal.reason)
          })
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    }
    const pawl = createPawl({
      url: 'http://pawl.test',
      fetch: fetch,
      WebSocket: false,
      retry,
    })
    const frames = pawl.runs.watch('run_01')
    const write = (text: string) => streams.at(-1)?.enqueue(new TextEncoder().encode(text))
    return { frames, streams, write }
  }

  const encode = (revision: number) => JSON.stringify({ data: { runChanged: makeFrame(revision) } })

  it('is given up when it has been silent for long, and opened again', async () => {
    const { frames, streams, write } = watchOverHttp()
    const next = frames.next()
    await load()
    await vi.advanceTimersByTimeAsync(29_000)
    write(':\n\n')
    await vi.advanceTimersByTimeAsync(29_000)
    expect(streams).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(streams).toHaveLength(2)
    write(`event: next\ndata: ${encode(4)}\n\n`)
    expect((await next).value).toMatchObject({ revision: 4 })
  })

  it('may stay unread for as long as its reader likes', async () => {
    const { frames, streams, write } = watchOverHttp()
    const next = frames.next()
    await load()
    await vi.advanceTimersByTimeAsync(0)
    write(`event: next\ndata: ${encode(1)}\n\nevent: next\ndata: ${encode(2)}\n\n`)
    expect((await next).value).toMatchObject({ revision: 1 })
    await vi.advanceTimersByTimeAsync(120_000)
    expect((await frames.next()).value).toMatchObject({ revision: 2 })
    expect(streams).toHaveLength(1)
  })

  it.each([
    ['lines that end in any way', `: comment\r\n\r\nevent: next\r\ndata: ${encode(3)}\r\n\r\n`],
    ['carriage returns alone', `event: next\rdata: ${encode(3)}\r\r:\n\n`],
    ['no blank after the colon', `event:next\ndata:${encode(3)}\n\n`],
    [
      'data over several lines',
      `event: next\ndata: ${encode(3).replace('{"runChanged"', '\ndata: {"runChanged"')}\n\n`,
    ],
    ['fields it has no use for', `id: 7\nretry: 10\nevent: next\ndata: ${encode(3)}\n\n`],
  ])('is read with %s, a byte at a time', async (_, text) => {
    const { frames, streams } = watchOverHttp()
    const next = frames.next()
    await load()
    await vi.advanceTimersByTimeAsync(0)
    for (const byte of new TextEncoder().encode(text)) streams[0]?.enqueue(new Uint8Array([byte]))
    expect((await next).value).toMatchObject({ revision: 3 })
  })

  it('leaves no timer behind', async () => {
    const { frames, write } = watchOverHttp()
    const next = frames.next()
    await load()
    await vi.advanceTimersByTimeAsync(0)
    write(`event: next\ndata: ${encode(1)}\n\n`)
    await next
    await frames.return?.()
    expect(vi.getTimerCount()).toBe(0)
  })
})
