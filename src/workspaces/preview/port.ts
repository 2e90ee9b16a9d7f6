import { createServer, type AddressInfo, connect } from 'node:net'

/** The loopback addresses: some programs listen only on IPv4, some only on IPv6. */
const LOOPBACK = ['127.0.0.1', '::1']

/** Assigned ports, which their programs may not be listening on yet. */
const handedOut = new Set<number>()

/**
 * Assigns a free port of this machine that is not assigned to anything else in this process, until `giveBack` is
 * called.
 */
export async function takePort(): Promise<{ readonly port: number; giveBack(): void }> {
  for (;;) {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, LOOPBACK[0], resolve)
    })
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    if (handedOut.has(port)) continue
    handedOut.add(port)
    return { port, giveBack: () => void handedOut.delete(port) }
  }
}

/** Returns the loopback address that accepts connections at a port; null where none does. */
export async function findAnswering(port: number): Promise<string | null> {
  for (const host of LOOPBACK) if (await answers(host, port)) return host
  return null
}

/** Whether an address accepts TCP connections, with a timeout of 1 s. */
export function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 })
    const end = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
