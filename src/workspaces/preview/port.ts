import { createServer, type AddressInfo, connect } from 'node:net'

/** Where a program on this machine may listen: some know only the one, some only the other. */
const LOOPBACK = ['127.0.0.1', '::1']

/** Ports that were handed out and may not be listened on yet. */
const handedOut = new Set<number>()

/** A port of this machine that nobody listens on, and that nobody else in this process was given. To be given back. */
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

/** Which of this machine's own addresses answers at a port; null where none does. */
export async function findAnswering(port: number): Promise<string | null> {
  for (const host of LOOPBACK) if (await answers(host, port)) return host
  return null
}

/** Whether somebody takes connections there. */
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
