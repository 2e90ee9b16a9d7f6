import { request as requestHttp, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Fetch, FetchResponse } from '@pawl/sdk'

/**
 * What the SDK needs of `fetch`, on Node's HTTP client: Node's own `fetch` takes longer to load than all of a command, and an agent calls
 * dozens of them. No redirect is followed.
 */
export const fetchOverHttp: Fetch = async (url, { method, headers, body, signal }) => {
  const request = url.startsWith('https:') ? (await import('node:https')).request : requestHttp
  signal.throwIfAborted()
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method, headers: { ...headers, 'content-length': Buffer.byteLength(body) } })
    const abort = () => sent.destroy(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    sent.once('close', () => signal.removeEventListener('abort', abort))
    sent.once('error', reject)
    sent.once('response', resolve)
    sent.end(body)
  })
  return toResponse(url, message)
}

function toResponse(url: string, message: IncomingMessage): FetchResponse {
  return {
    url,
    status: message.statusCode ?? 0,
    headers: { get: (name) => [message.headers[name.toLowerCase()] ?? []].flat().join(', ') || null },
    get body() {
      return Readable.toWeb(message) as ReadableStream<Uint8Array>
    },
    async text() {
      const parts: Buffer[] = []
      for await (const part of message) parts.push(part as Buffer)
      return Buffer.concat(parts).toString('utf8')
    },
  }
}
