import type { Log } from '../log.ts'
import type { RunningServer } from './startServer.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/**
 * Watches for stop signals from now on, so that a server can be stopped while it starts. The first aborts, with its name as the reason;
 * a second one ends the process at once: an embedded database that keeps running is adopted at the next start.
 */
export function watchStopSignals(): AbortSignal {
  const stop = new AbortController()
  for (const [name, code] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(code)
      stop.abort(name)
    })
  }
  return stop.signal
}

/**
 * Closes the server at the first stop signal, or when it fails, and resolves to the exit code once it is closed: 0, or 1 if the server or
 * closing it failed. A signal while it closes ends the process at once.
 *
 * @param stop aborts at the first signal; default: signals are watched from now on
 */
export function closeOnSignal(
  server: Pick<RunningServer, 'close'> & Partial<Pick<RunningServer, 'failed'>>,
  log: Log,
  stop: AbortSignal = watchStopSignals(),
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
    const follow = (): void => {
      const name = stop.reason as keyof typeof SIGNALS
      if (isClosing) process.exit(SIGNALS[name])
      void close(name, 0)
    }
    if (stop.aborted) follow()
    else stop.addEventListener('abort', follow)
    void server.failed?.then(() => (isClosing ? undefined : close('the database failed', 1)))
  })
}
