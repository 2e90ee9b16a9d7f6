import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isFree } from '../kit/isFree.ts'
import type { RunningServer } from '../../server/startServer.ts'

/** A server in this process. */
export interface DemoServer {
  readonly server: RunningServer
  /** The local ADMIN token. */
  readonly token: string
  readonly close: (reason: string) => Promise<void>
  /** Stops everything at the first stop signal, first what the callback stops, and resolves to the exit code. */
  readonly closed: (before: () => Promise<void>) => Promise<number>
}

/** Starts a server on the embedded PostgreSQL, whatever the environment says. */
export async function openDemoServer({ data, port }: { data: string; port: number }): Promise<DemoServer> {
  const [{ loadConfig }, { createLog }, { startServer }, { closeOnSignal }] = await Promise.all([
    import('../../config.ts'),
    import('../../log.ts'),
    import('../../server/startServer.ts'),
    import('../../server/closeOnSignal.ts'),
  ])
  const log = createLog({ level: 'error' })
  const flags = { data, port: (await isFree(port)) ? port : 0 }
  const server = await startServer({ config: await loadConfig({ flags, env: {}, cwd: data }), log })
  const token = (await readFile(join(data, 'token'), 'utf8')).trim()
  return {
    server,
    token,
    close: (reason) => server.close(reason),
    closed: (before) => {
      const close = async (reason: string) => {
        await before()
        await server.close(reason)
      }
      return closeOnSignal({ close }, log)
    },
  }
}
