import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { handleProtocols } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { isTransientFault } from '../../store/sql/transientFaults.ts'
import { bodyLimitsOf, explainExcess } from '../http/bodyLimits.ts'
import { BodyScanner } from '../http/bodyScanner.ts'
import { GRAPHQL_PATH } from '../engine/engine.ts'
import type { Metrics } from '../health/metrics.ts'
import { isOriginAllowed, type OriginOptions } from '../http/origins.ts'
import { openPace } from './pace.ts'
import { CLOSE, type Connection, createProtocol, type ProtocolOptions, TOO_MANY } from './socketProtocol.ts'

/** Interval of pings, in milliseconds. A socket without a pong until the next one is closed. */
const PING_MS = 12_000

/** How many bytes a socket may send before it is authenticated. */
const MAX_UNAUTHENTICATED_BYTES = 8_192

/** How many sockets may not have said yet who they are; the oldest is closed for a new one. */
const MAX_STRANGERS = 1_000

/**
 * How many sockets are authenticated in a second: where all those of another server come at once, commands do not wait for them. Those of one
 * address take turns with others.
 */
const AUTHENTICATIONS = { perSecond: 1_000, burst: 200, maxWaiting: 10_000 }

/** How many unread bytes are buffered for a client before its socket is closed. */
const MAX_BUFFERED_BYTES = 8 * 1_048_576

/**
 * The options of ws that limit the parts in which a message arrives, of which it keeps one buffer each: a client that
 * sends a byte at a time would take many times the memory of its message. Clients send a message as one frame or as
 * frames of kilobytes; a network delivers it in packets of at least 512 bytes.
 */
function limitParts(maxMessageBytes: number): { maxFragments: number; maxBufferedChunks: number } {
  return { maxFragments: 1_024, maxBufferedChunks: 1_024 + Math.ceil(maxMessageBytes / 512) }
}

/** Options of the socket server. */
export interface SocketServerOptions extends Omit<ProtocolOptions, 'pace'>, OriginOptions {
  readonly metrics: Metrics
  readonly maxMessageBytes: number
}

/** GraphQL over WebSockets. */
export interface SocketServer {
  /** Handles an upgrade request of the HTTP server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  countSockets(): number
  /** Open operations on all sockets. */
  countSubscriptions(): number
  /** Accepts no new sockets, and closes all with a code that makes clients reconnect. Resolves when all are closed. */
  stop(): Promise<void>
  /** Closes the remaining sockets at once. */
  terminate(): void
}

/** Creates the socket server; it uses the HTTP server's port. */
export function createSocketServer(options: SocketServerOptions): SocketServer {
  const { metrics, streams, log, maxMessageBytes } = options
  const protocol = createProtocol({ ...options, pace: openPace(AUTHENTICATIONS) })
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    // a compressor takes ten times the memory of its socket
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    ...limitParts(maxMessageBytes),
    handleProtocols: (offered) => handleProtocols(offered),
  })
  const silent = new WeakSet<WebSocket>()
  /** Sockets that have not said who they are, oldest first. */
  const strangers = new Map<WebSocket, IncomingMessage>()
  let isStopping = false

  const pings = setInterval(() => {
    for (const socket of sockets.clients) {
      if (silent.has(socket)) socket.terminate()
      silent.add(socket)
      if (!cutIfNotReading(socket)) socket.ping()
    }
  }, PING_MS)
  pings.unref()

  function accept(socket: WebSocket, request: IncomingMessage): void {
    const endWatch = watchUnauthenticated(socket, request)
    watchStranger(socket, request)
    const connection: Connection = {
      socket,
      request,
      onIntroduced: () => strangers.delete(socket),
      onAuthenticated: endWatch,
    }
    const writeTogether = gatherWrites(request.socket)
    socket.on('pong', () => silent.delete(socket))
    // a ping is answered by a pong, which is buffered if the client does not read
    socket.on('ping', () => void cutIfNotReading(socket))
    socket.on('error', (err) => log.debug({ err }, 'socket.connection_failed'))
    const close = protocol.server.opened(
      {
        protocol: socket.protocol,
        // resolves when the frame is sent, so that a slow reader slows its subscription down
        send(data) {
          writeTogether()
          return send(socket, data)
        },
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => {
          socket.on('message', (data) => {
            // ws delivers one Buffer by default
            const bytes = data as Buffer
            if (socket.readyState === socket.OPEN && !isTooMuch(connection, bytes))
              handle(bytes.toString()).catch((error: unknown) => fail(socket, error))
          })
        },
      },
      connection,
    )
    socket.once('close', (code, reason) => {
      endWatch()
      strangers.delete(socket)
      close(code, String(reason)).catch((error: unknown) => fail(socket, error))
    })
  }

  /** Makes room for a socket that is yet to say who it is. */
  function watchStranger(socket: WebSocket, request: IncomingMessage): void {
    strangers.set(socket, request)
    const [oldest] = strangers
    if (strangers.size <= MAX_STRANGERS || !oldest) return
    strangers.delete(oldest[0])
    turnAway(...oldest, CLOSE.tryLater, TOO_MANY)
  }

  /** Closes a socket that sends too much before it is authenticated. Returns a function that ends the watch. */
  function watchUnauthenticated(socket: WebSocket, request: IncomingMessage): () => void {
    let bytes = 0
    const count = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes > MAX_UNAUTHENTICATED_BYTES) cut()
    }
    const cut = (): void => {
      metrics.countRejected('stranger')
      socket.terminate()
    }
    request.socket.on('data', count)
    socket.on('ping', cut)
    return () => {
      request.socket.off('data', count)
      socket.off('ping', cut)
    }
  }

  /** Closes a socket whose message exceeds the limits, before it is decoded. */
  function isTooMuch({ socket, identity }: Connection, bytes: Buffer): boolean {
    const limits = bodyLimitsOf(identity?.caller.role ?? 'VIEWER', maxMessageBytes)
    const excess = new BodyScanner(limits).take(bytes)
    if (!excess) return false
    metrics.countRejected('too_large')
    socket.close(CLOSE.tooLarge, explainExcess(excess, limits))
    return true
  }

  function fail(socket: WebSocket, err: unknown): void {
    const isAway = isTransientFault(err)
    log[isAway ? 'warn' : 'error']({ err }, 'socket.message_failed')
    if (isAway) socket.close(CLOSE.tryLater, 'Try again later')
    else socket.close(CLOSE.fault, 'Internal server error')
  }

  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy())
      const path = request.url?.split('?', 1)[0]
      if (path !== GRAPHQL_PATH) return refuse(socket, 404)
      if (!isOriginAllowed(request, options)) {
        metrics.countRejected('origin')
        log.debug(
          { origin: request.headers.origin, reason: 'neither publicUrl nor allowed' },
          'socket.upgrade_rejected',
        )
        return refuse(socket, 403)
      }
      // a page sees no status of an answer that is no socket, and would take the server for one that speaks none
      const refuseBy = (code: number, reason: string) =>
        sockets.handleUpgrade(request, socket, head, (opened) => turnAway(opened, request, code, reason))
      if (isStopping) return refuseBy(CLOSE.restart, 'Service restart')
      // unauthenticated sockets count, too
      if (sockets.clients.size >= streams.limit) {
        metrics.countRejected('too_many')
        return refuseBy(CLOSE.tryLater, TOO_MANY)
      }
      sockets.handleUpgrade(request, socket, head, accept)
    },
    countSockets: () => sockets.clients.size,
    countSubscriptions: () => protocol.countOperations(),
    async stop() {
      isStopping = true
      clearInterval(pings)
      const closed = [...sockets.clients].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      )
      streams.stop()
      for (const socket of sockets.clients) socket.close(CLOSE.restart, 'Service restart')
      await Promise.all(closed)
    },
    terminate() {
      for (const socket of sockets.clients) socket.terminate()
    },
  }
}

/** Closes a socket without waiting for its client. */
function turnAway(socket: WebSocket, request: IncomingMessage, code: number, reason: string): void {
  socket.on('error', () => undefined)
  socket.close(code, reason)
  request.socket.destroySoon()
}

/** Returns a function that has what is written from now on, until this turn of the event loop ends, go out in one write. */
function gatherWrites(stream: Duplex): () => void {
  let isGathering = false
  return () => {
    if (isGathering) return
    isGathering = true
    stream.cork()
    process.nextTick(() => {
      isGathering = false
      stream.uncork()
    })
  }
}

/** Resolves when the frame is sent or the client is gone, which is no error. */
function send(socket: WebSocket, data: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN || cutIfNotReading(socket)) return resolve()
    socket.send(data, (error) => {
      if (error) socket.terminate()
      resolve()
    })
  })
}

/** Closes a socket whose client does not read. Returns whether it did. */
function cutIfNotReading(socket: WebSocket): boolean {
  if (socket.bufferedAmount <= MAX_BUFFERED_BYTES) return false
  socket.terminate()
  return true
}

function refuse(socket: Duplex, status: 403 | 404): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
