import { WebSocket } from 'ws'

/** A message of graphql-transport-ws. */
export interface SocketMessage {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

/** A client that sends exactly the given messages, so that tests see how the server handles them. */
export interface RawSocket {
  send(message: unknown): void
  /** Sends so many fragments of a message; the next `send` completes it. */
  sendFragments(text: string, many: number): void
  /** The next unread message. Rejects if the socket closes first. */
  next(): Promise<SocketMessage>
  /** The code and reason of the close. */
  readonly closed: Promise<{ code: number; reason: string }>
  close(): void
}

/** How the socket is opened. */
export interface RawSocketOptions {
  readonly headers?: Record<string, string>
  readonly path?: string
}

/** Opens a socket to a server. Rejects with the status if the upgrade is refused. */
export async function openRawSocket(
  { url }: { readonly url: string },
  { headers = {}, path = '/graphql' }: RawSocketOptions = {},
): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, 'graphql-transport-ws', { headers })
  const messages: SocketMessage[] = []
  const waiting: ((message: SocketMessage | undefined) => void)[] = []
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as SocketMessage
    const take = waiting.shift()
    if (take) take(message)
    else messages.push(message)
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      for (const take of waiting.splice(0)) take(undefined)
      resolve({ code, reason: String(reason) })
    })
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('unexpected-response', (_request, response) => {
      reject(new Error(`the upgrade was answered with ${response.statusCode}`))
      socket.terminate()
    })
    socket.on('error', reject)
  })
  return {
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    sendFragments(text, many) {
      for (let sent = 0; sent < many; sent += 1) socket.send(text, { fin: false })
    },
    async next() {
      const ready = messages.shift()
      if (ready) return ready
      const message = await new Promise<SocketMessage | undefined>((resolve) => {
        if (socket.readyState === socket.CLOSED) resolve(undefined)
        else waiting.push(resolve)
      })
      if (message) return message
      const { code, reason } = await closed
      throw new Error(`the socket was closed: ${code} ${reason}`)
    },
    closed,
    close: () => socket.close(1000),
  }
}

/** Opens a socket and authenticates with a token. */
export async function openSocket(
  server: { readonly url: string },
  token: string,
  options: RawSocketOptions = {},
): Promise<RawSocket> {
  const socket = await openRawSocket(server, options)
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
  const { type } = await socket.next()
  if (type !== 'connection_ack') throw new Error(`the introduction was answered with ${type}`)
  return socket
}

/** Executes one operation on a socket and returns the first message about it. */
export function askSocket(
  socket: RawSocket,
  query: string,
  { id = '1', variables }: { id?: string; variables?: Record<string, unknown> } = {},
): Promise<SocketMessage> {
  socket.send({ id, type: 'subscribe', payload: { query, variables } })
  return socket.next()
}
