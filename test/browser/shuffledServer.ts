import { once } from 'node:events'
import { createServer, request as ask } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket, WebSocketServer } from 'ws'

/** A server behind a proxy that hands on what it says late, twice, and in another order. */
export interface ShuffledServer {
  readonly url: string
  /** How many messages were repeated or overtaken by later ones. */
  readonly shuffled: () => number
  /**
   * Breaks every stream that is open. What was overtaken comes before that: a stream that breaks loses its end, and nothing in between,
   * whatever became of the order.
   */
  breakStreams(): void
  close(): Promise<void>
}

/** How long something may be held back, in milliseconds. */
const LATEST_MS = 400

/**
 * Opens the proxy. Answers to queries come at any time within {@link LATEST_MS}, so that they overtake one another; so do the
 * messages of streams, some of them twice. The order of chance is that of the seed.
 */
export async function openShuffledServer(target: string, seed: number): Promise<ShuffledServer> {
  const random = createRandom(seed)
  const sockets = new Map<WebSocket, () => void>()
  let shuffled = 0
  const proxy = createServer(async (request, response) => {
    const headers = { ...request.headers, host: new URL(target).host, 'accept-encoding': 'identity' }
    const far = ask(target + request.url, { method: request.method, headers }, async (answer) => {
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk as Buffer)
      if (request.method === 'POST' && request.url === '/graphql') await sleep(random() * LATEST_MS)
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      response.end(Buffer.concat(chunks))
    })
    far.on('error', () => response.destroy())
    request.pipe(far)
  })
  const streams = new WebSocketServer({ server: proxy })
  streams.on('connection', (near, request) => {
    const far = new WebSocket(`${target.replace(/^http/, 'ws')}${request.url}`, 'graphql-transport-ws', {
      headers: { cookie: request.headers.cookie ?? '', origin: target },
    })
    const waiting: string[] = []
    const pass = (text: string) => near.readyState === near.OPEN && near.send(text)
    near.on('message', (data) => {
      if (far.readyState === far.OPEN) far.send(String(data))
      else waiting.push(String(data))
    })
    far.on('open', () => waiting.splice(0).forEach((text) => far.send(text)))
    let last = 0
    let passed = 0
    const held = new Map<number, string>()
    const hand = (number: number) => {
      const text = held.get(number)
      held.delete(number)
      passed = Math.max(passed, number)
      if (text !== undefined) pass(text)
    }
    sockets.set(near, () => {
      for (const number of [...held.keys()]) if (number < passed) hand(number)
      near.close(1012)
    })
    far.on('message', async (data) => {
      const text = String(data)
      const { type } = JSON.parse(text) as { type: string }
      if (type !== 'next') return pass(text)
      const number = (last += 1)
      held.set(number, text)
      await sleep(random() * LATEST_MS)
      if (number < last) shuffled += 1
      hand(number)
      if (random() < 0.5) {
        shuffled += 1
        await sleep(random() * 2 * LATEST_MS)
        pass(text)
      }
    })
    far.on('close', () => near.terminate())
    far.on('error', () => near.terminate())
    near.on('close', () => {
      sockets.delete(near)
      far.terminate()
    })
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    shuffled: () => shuffled,
    breakStreams: () => sockets.forEach((end) => end()),
    async close() {
      for (const socket of sockets.keys()) socket.terminate()
      proxy.closeAllConnections()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}

/** Numbers from 0 to 1, the same ones for a seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
