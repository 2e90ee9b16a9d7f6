import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A proxy between a client and a server, so that a test can cut and restore the connection. */
export interface TcpProxy {
  /** The server's address through the proxy. */
  readonly url: string
  /** Breaks every connection, and refuses new ones. */
  cut(): void
  /** Accepts connections again. */
  restore(): void
  /** Leads new connections to another server; those that are open stay where they are. */
  leadTo(url: string): void
  close(): void
}

/** Opens a proxy to a server on this machine. */
export async function openTcpProxy(to: string): Promise<TcpProxy> {
  let target = new URL(to)
  const sockets = new Set<Socket>()
  let isCut = false
  const proxy = createServer((near) => {
    if (isCut) return near.destroy()
    const far = connect(Number(target.port), target.hostname)
    const ends: readonly (readonly [Socket, Socket])[] = [
      [near, far],
      [far, near],
    ]
    for (const [socket, other] of ends) {
      sockets.add(socket)
      socket.pipe(other)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cut() {
      isCut = true
      breakAll()
    },
    restore() {
      isCut = false
    },
    leadTo(url) {
      target = new URL(url)
    },
    close() {
      breakAll()
      proxy.close()
    },
  }
}
