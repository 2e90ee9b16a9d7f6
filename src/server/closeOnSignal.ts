import type { Log } from '../log.ts'
import type { RunningServer } from './startServer.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/**
 * Closes the server at the first signal to stop, and resolves with the exit code once it is closed: 0, or 1 where closing
 * failed. A second signal ends the process at once; an embedded database that is left behind is adopted at the next start.
 */
export function closeOnSignal(server: Pick<RunningServer, 'close'>, log: Log): Promise<number> {
  return new Promise((resolve) => {
    let isClosing = false
    const handle = (signal: NodeJS.Signals): void => {
      if (isClosing) process.exit(SIGNALS[signal as keyof typeof SIGNALS])
      isClosing = true
      server.close(signal).then(
        () => resolve(0),
        (err: unknown) => {
          log.error({ err }, 'server.stop_failed')
          resolve(1)
        },
      )
    }
    for (const signal of Object.keys(SIGNALS)) process.on(signal, handle)
  })
}
