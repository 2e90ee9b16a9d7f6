import type { Log } from '../log.ts'
import type { RunningServer } from './startServer.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/**
 * Closes the server at the first signal to stop, or when it can't go on, and resolves with the exit code once it is closed:
 * 0, or 1 where it could not go on or closing failed. A second signal ends the process at once; an embedded database that is
 * left behind is adopted at the next start.
 */
export function closeOnSignal(
  server: Pick<RunningServer, 'close'> & Partial<Pick<RunningServer, 'failed'>>,
  log: Log,
): Promise<number> {
  return new Promise((resolve) => {
    let isClosing = false
    const close = async (reason: string, code: number): Promise<void> => {
      isClosing = true
      try {
        await server.close(reason)
        resolve(code)
      } catch (err) {
        log.error({ err }, 'server.stop_failed')
        resolve(1)
      }
    }
    for (const [signal, code] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        if (isClosing) process.exit(code)
        void close(signal, 0)
      })
    }
    void server.failed?.then(() => (isClosing ? undefined : close('the database failed', 1)))
  })
}
