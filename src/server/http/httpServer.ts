import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

/** Listening on the address failed; the message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

/** Options of the HTTP server. */
export interface HttpServerOptions {
  readonly host: string
  readonly port: number
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

/** How long a request may take to arrive, in milliseconds. */
const ARRIVAL_MS = { headers: 10_000, whole: 60_000 }

/** Starts listening. Throws ListenError if the address is taken or not one of this machine. */
export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, onRequest, onUpgrade } = options
  let isStopping = false
  const server = createServer(
    { headersTimeout: ARRIVAL_MS.headers, requestTimeout: ARRIVAL_MS.whole },
    (request, response) => {
      response.once('close', () => {
        if (isStopping) setImmediate(() => server.closeIdleConnections())
      })
      onRequest(request, response)
    },
  )
  server.on('upgrade', onUpgrade)
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    else socket.destroy()
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

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(explain(cause, host, port)))
    server.listen(port, host, resolve)
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
