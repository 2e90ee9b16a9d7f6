import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Listening on the address failed; the message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

/** How long a request may take to arrive, and how often that is looked at, in milliseconds. */
export interface ArrivalTimes {
  /** Until the last header is there, from the first byte; of a new connection, from its opening. Default 10 s. */
  readonly headers: number
  /** Until the whole request is there. Default 60 s. */
  readonly whole: number
  /** Default 30 s. */
  readonly check: number
  /**
   * How long a connection is kept for its next request, and what `Keep-Alive` says of it. Default 75 s: longer than
   * proxies keep theirs (60 s), since a server that closes first loses the request that is just on its way.
   */
  readonly idle: number
}

/** Options of the HTTP server. */
export interface HttpServerOptions {
  readonly host: string
  readonly port: number
  readonly arrival?: ArrivalTimes
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/** A listening HTTP server. */
export interface HttpServer {
  /** Its address as seen from this machine: `http://127.0.0.1:4400`. */
  readonly url: string
  /** Accepts no more connections, and closes each when it is idle. Resolves when the last one is closed. */
  stop(): Promise<void>
  /** Closes the remaining connections. */
  terminate(): void
}

const ARRIVAL: ArrivalTimes = { headers: 10_000, whole: 60_000, check: 30_000, idle: 75_000 }

/**
 * How a request is answered that Node.js could not read. A connection on which nothing was ever sent is closed without an
 * answer: a browser opens connections before it needs them, and would take what it finds there for the answer to the
 * first request that it sends.
 */
const STATUS_OF_ERROR: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
}

/** Starts listening. Throws ListenError if the address is taken or not one of this machine. */
export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, onRequest, onUpgrade, arrival = ARRIVAL } = options
  let isStopping = false
  const server = createServer(
    {
      headersTimeout: arrival.headers,
      requestTimeout: arrival.whole,
      connectionsCheckingInterval: arrival.check,
      keepAliveTimeout: arrival.idle,
    },
    (request, response) => {
      response.once('close', () => {
        if (isStopping) setImmediate(() => server.closeIdleConnections())
      })
      onRequest(request, response)
    },
  )
  server.on('upgrade', onUpgrade)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const isUnused = !(socket instanceof Socket) || socket.bytesRead === 0
    if (isUnused || !socket.writable) return void socket.destroy()
    const status = STATUS_OF_ERROR[error.code ?? ''] ?? '400 Bad Request'
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  })
  await listen(server, host, port)
  return {
    url: urlOf(host, (server.address() as AddressInfo).port),
    stop() {
      isStopping = true
      return new Promise((resolve) => server.close(() => resolve()))
    },
    terminate: () => server.closeAllConnections(),
  }
}

/**
 * How many connections may wait to be accepted: those of every client of a server that was lost may come in one moment, and one that finds no
 * room tries again only after seconds. The system's own limit, by default 4,096 on Linux, holds as well.
 */
const BACKLOG = 4_096

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(explain(cause, host, port)))
    server.listen({ port, host, backlog: BACKLOG }, resolve)
  })
}

function explain(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  const at = `${host}:${port}`
  if (cause.code === 'EADDRINUSE')
    return new ListenError(
      `${at} is in use. Stop the program that listens there, or set another port (PAWL_PORT).`,
      {
        cause,
      },
    )
  if (cause.code === 'EACCES')
    return new ListenError(`This user may not listen on ${at}. Set a port above 1023 (PAWL_PORT).`, {
      cause,
    })
  if (cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND')
    return new ListenError(`${host} is not an address of this machine. Set one that is (PAWL_HOST).`, {
      cause,
    })
  return new ListenError(`Listening on ${at} failed: ${cause.message}`, { cause })
}

/** For an address that means all interfaces, the loopback address. */
function urlOf(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
