import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PoolConfig } from 'pg'

/** A proxy between a server and its database, so that a test can cut and restore the connection. */
export interface DatabaseProxy {
  /** Connects to the database through the proxy. */
  readonly poolConfig: PoolConfig
  /** Breaks every connection, and refuses new ones. */
  cut(): void
  /** Accepts connections again. */
  restore(): void
  close(): Promise<void>
}

/** Opens a proxy to a database on a unix socket or a port. */
export async function openDatabaseProxy(poolConfig: PoolConfig): Promise<DatabaseProxy> {
  const { host = '127.0.0.1', port = 5432 } = poolConfig
  const folder = await mkdtemp(join(tmpdir(), 'pawl-proxy-'))
  const sockets = new Set<Socket>()
  let isCut = false
  const proxy = createServer((near) => {
    if (isCut) return near.destroy()
    const far = host.startsWith('/') ? connect(join(host, `.s.PGSQL.${port}`)) : connect(port, host)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.pipe(other)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  proxy.listen(join(folder, '.s.PGSQL.5432'))
  await once(proxy, 'listening')
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    poolConfig: { ...poolConfig, host: folder, port: 5432 },
    cut() {
      isCut = true
      breakAll()
    },
    restore() {
      isCut = false
    },
    async close() {
      breakAll()
      proxy.close()
      await rm(folder, { recursive: true })
    },
  }
}
