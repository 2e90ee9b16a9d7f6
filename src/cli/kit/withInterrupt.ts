import { EXIT } from './exitCodes.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/**
 * Runs work with a signal that aborts on Ctrl-C, so that it can clean up. Returns the exit code: that of the signal if there was one,
 * else what the work returned, else 0.
 */
export async function withInterrupt(work: (signal: AbortSignal) => Promise<number | void>): Promise<number> {
  const controller = new AbortController()
  let interruption: number | undefined
  const handlers = Object.entries(SIGNALS).map(([name, code]) => {
    const handle = () => {
      interruption ??= code
      controller.abort()
    }
    process.on(name, handle)
    return () => process.off(name, handle)
  })
  try {
    const code = await work(controller.signal)
    return interruption ?? code ?? EXIT.done
  } catch (error) {
    if (interruption !== undefined) return interruption
    throw error
  } finally {
    for (const remove of handlers) remove()
  }
}
