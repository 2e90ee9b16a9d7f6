import type { Connection, SocketConstructor } from '../request/connection.ts'
import { PawlAuthError, PawlConnectionError, PawlFault, toError } from '../kit/errors.ts'
import type { GraphqlError } from '../kit/errors.ts'
import { readResult } from '../request/http.ts'
import type { GraphqlResponse } from '../request/http.ts'
import { Inbox } from './inbox.ts'
import { SocketRefused } from './delivery.ts'
import type { Delivery, Transport } from './delivery.ts'

const PROTOCOL = 'graphql-transport-ws'
/** How long the server may take to accept a connection, in milliseconds. */
const ACCEPT_MS = 10_000
/** The interval of pings, in milliseconds; a server that is silent until the next one counts as lost. */
const PING_MS = 15_000

/** A message from the server. */
type ServerMessage =
  | { type: 'connection_ack' | 'ping' | 'pong' }
  | { type: 'next'; id: string; payload: GraphqlResponse<unknown> }
  | { type: 'error'; id: string; payload: readonly GraphqlError[] }
  | { type: 'complete'; id: string }

interface Subscription {
  readonly inbox: Inbox<GraphqlResponse<unknown>>
  readonly message: object
  readonly onOpen: () => void
}

/**
 * Creates subscriptions by the graphql-transport-ws protocol over one shared socket, which is open while any of them
 * is.
 *
 * @param onAccept called when the server has accepted a socket
 */
export function createSocket(
  connection: Connection,
  Socket: SocketConstructor,
  onAccept: () => void,
): Transport {
  let current: SocketConnection | undefined
  return async function* subscribe<R, V>(document: string, variables: V, delivery: Delivery) {
    if (delivery.signal.aborted) return
    const link = (current ??= new SocketConnection(connection, Socket, onAccept, () => (current = undefined)))
    const inbox = link.subscribe({ query: document, variables }, delivery)
    const stop = () => inbox.end()
    delivery.signal.addEventListener('abort', stop)
    try {
      for await (const response of inbox) yield readResult(response as GraphqlResponse<R>)
    } finally {
      delivery.signal.removeEventListener('abort', stop)
      inbox.end()
    }
  }
}

/** One socket, from its opening to its first failure. A lost connection is never reused. */
class SocketConnection {
  readonly #socket: InstanceType<SocketConstructor>
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #onAccept: () => void
  readonly #onLost: () => void
  #timer: ReturnType<typeof setTimeout>
  #isAccepted = false
  #wasHeardFrom = true
  #isClosed = false
  #lastId = 0

  constructor(connection: Connection, Socket: SocketConstructor, onAccept: () => void, onLost: () => void) {
    this.#onAccept = onAccept
    this.#onLost = onLost
    this.#timer = setTimeout(
      () => this.#close(new SocketRefused('The server did not accept in time')),
      ACCEPT_MS,
    )
    this.#socket = new Socket(connection.endpoint.replace(/^http/, 'ws'), PROTOCOL)
    this.#socket.onopen = () => void this.#introduce(connection)
    this.#socket.onmessage = ({ data }: { data: unknown }) => this.#receive(data)
    // The close event follows with the code and the reason.
    this.#socket.onerror = () => {}
    this.#socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
      this.#close(
        code === 1006 && !this.#isAccepted
          ? new SocketRefused('The socket was refused')
          : explainClose(code, reason),
      )
  }

  /**
   * Starts a subscription as soon as the server has accepted the connection. Its inbox ends with it, or with the
   * connection.
   */
  subscribe(payload: object, { newestOnly = false, onOpen }: Delivery): Inbox<GraphqlResponse<unknown>> {
    const id = String((this.#lastId += 1))
    const inbox = new Inbox<GraphqlResponse<unknown>>(newestOnly, () => this.#unsubscribe(id))
    const subscription = { inbox, onOpen, message: { id, type: 'subscribe', payload } }
    this.#subscriptions.set(id, subscription)
    if (this.#isAccepted) this.#open(subscription)
    return inbox
  }

  #open({ message, onOpen }: Subscription): void {
    this.#send(message)
    onOpen()
  }

  #unsubscribe(id: string): void {
    if (!this.#subscriptions.delete(id) || this.#isClosed) return
    if (this.#isAccepted) this.#send({ id, type: 'complete' })
    if (this.#subscriptions.size === 0) this.#close(new PawlConnectionError('Nobody listens any more'))
  }

  /** Ends every subscription with the error, and closes the socket. */
  #close(error: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#onLost()
    this.#socket.close(1000)
    for (const { inbox } of this.#subscriptions.values()) inbox.end(error)
  }

  async #introduce(connection: Connection): Promise<void> {
    try {
      const token = await connection.readToken()
      this.#send({ type: 'connection_init', payload: token ? { authorization: `Bearer ${token}` } : {} })
    } catch (error) {
      this.#close(error)
    }
  }

  #receive(data: unknown): void {
    if (this.#isClosed) return
    this.#wasHeardFrom = true
    try {
      this.#handle(parseMessage(String(data)))
    } catch (error) {
      this.#close(error)
    }
  }

  #handle(message: ServerMessage): void {
    switch (message.type) {
      case 'connection_ack':
        return this.#accept()
      case 'ping':
        return this.#send({ type: 'pong' })
      case 'pong':
        return
      case 'next':
        return this.#subscriptions.get(message.id)?.inbox.push(message.payload)
      case 'error':
        return this.#refuse(message.id, message.payload)
      case 'complete':
        return this.#subscriptions.get(message.id)?.inbox.end()
    }
  }

  #accept(): void {
    this.#isAccepted = true
    this.#onAccept()
    clearTimeout(this.#timer)
    this.#timer = setInterval(() => this.#sendPing(), PING_MS)
    for (const subscription of this.#subscriptions.values()) this.#open(subscription)
  }

  #refuse(id: string, errors: readonly GraphqlError[]): void {
    const error = toError(errors)
    // A retry needs another token, which only a new connection can send.
    if (error instanceof PawlAuthError && error.code === 'UNAUTHENTICATED') return this.#close(error)
    this.#subscriptions.get(id)?.inbox.end(error)
  }

  #sendPing(): void {
    if (!this.#wasHeardFrom) return this.#close(new PawlConnectionError('The server stopped answering'))
    this.#wasHeardFrom = false
    this.#send({ type: 'ping' })
  }

  #send(message: object): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message))
  }
}

function parseMessage(text: string): ServerMessage {
  try {
    return JSON.parse(text) as ServerMessage
  } catch {
    throw new PawlFault(`The socket speaks no ${PROTOCOL}`, 'SOCKET_MESSAGE')
  }
}

/** The error with which a closed socket's subscriptions end. */
function explainClose(code: number, reason: string): PawlAuthError | PawlFault | PawlConnectionError {
  const message = `The server closed the socket: ${code}${reason && ` ${reason}`}`
  if (code === 4401 || code === 4403) return new PawlAuthError(message, 'UNAUTHENTICATED')
  if (code === 4400 || code === 4406 || code === 4409 || code === 4429)
    return new PawlFault(message, `SOCKET_${code}`)
  return new PawlConnectionError(message)
}
