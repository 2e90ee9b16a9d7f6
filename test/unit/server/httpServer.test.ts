import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type HttpServer, openHttpServer } from '../../../src/server/http/httpServer.ts'

let server: HttpServer
beforeAll(async () => {
  server = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    arrival: { headers: 200, whole: 400, check: 50, idle: 5000 },
    onRequest: (request, response) => request.resume().once('end', () => response.end('heard')),
    onUpgrade: (_request, socket) => socket.destroy(),
  })
})
afterAll(() => server.stop())

/** All that the server sends on a connection until it closes it, after the client sent `text`. */
async function heardAfter(text: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  let heard = ''
  socket.setEncoding('latin1').on('data', (part: string) => (heard += part))
  if (text !== '') socket.write(text)
  await once(socket, 'close')
  return heard
}

it('closes a connection that was opened early and never used without a word', async () => {
  expect(await heardAfter('')).toBe('')
})

it.each([
  ['408 Request Timeout', 'headers that do not end', 'GET / HTTP/1.1\r\nhost: a\r\n'],
  [
    '408 Request Timeout',
    'a body that does not end',
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{',
  ],
  [
    '431 Request Header Fields Too Large',
    'endless headers',
    `GET / HTTP/1.1\r\na: ${'b'.repeat(20_000)}\r\n\r\n`,
  ],
  ['400 Bad Request', 'what is not HTTP', 'hello\r\n\r\n'],
])('answers %s to %s', async (status, _what, text) => {
  expect(await heardAfter(text)).toMatch(new RegExp(`^HTTP/1.1 ${status}\r\n`))
})

it('keeps an idle connection longer than a proxy does, so that no request meets the closing of its connection', async () => {
  const plain = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    onRequest: (_request, response) => response.end('heard'),
    onUpgrade: (_request, socket) => socket.destroy(),
  })
  const { headers } = await fetch(plain.url, { headers: { connection: 'keep-alive' } })
  plain.terminate()
  await plain.stop()
  expect(headers.get('keep-alive')).toBe('timeout=75')
})

it('lets a connection between two requests live, and then reads the next', async () => {
  const ask = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1').setEncoding('latin1')
  socket.write(ask)
  await once(socket, 'data')
  await new Promise((resolve) => setTimeout(resolve, 500))
  socket.write(ask)
  const [answer] = (await once(socket, 'data')) as [string]
  expect(answer).toContain('200 OK')
  socket.destroy()
})
